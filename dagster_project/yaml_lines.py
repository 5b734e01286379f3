"""YAML that remembers where each value stands, so that a fault can name its line."""

from pathlib import Path
from typing import Any

import yaml

from dagster_project.errors import Fault

Place = tuple[str | int, ...]


def read_yaml(path: Path, name: str) -> tuple[Any, dict[Place, int], list[Fault]]:
    """The content of `path`, the 1-based line of each value by its place in it, and what is wrong with the
    YAML itself.

    `name` is how faults call the file. A key that stands twice in one mapping is a fault: YAML would silently
    take the last. Only plain data is read; tags that build objects are faults.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
        lines: dict[Place, int] = {}
        faults: list[Fault] = []
        if node is None:
            return None, {(): 1}, []
        _note_lines(node, (), lines, faults, name)
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_document(node), lines, faults
        finally:
            loader.dispose()
    except UnicodeDecodeError:
        return None, {}, [Fault(name, 0, "is not UTF-8", "save it as UTF-8")]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return (
            None,
            {},
            [
                Fault(
                    name,
                    mark.line + 1 if mark else 0,
                    f"is not valid YAML: {getattr(error, 'problem', None) or error}",
                )
            ],
        )


def lines_of(root: yaml.Node) -> dict[Place, int]:
    """The 1-based line of each value by its place."""
    lines: dict[Place, int] = {}
    _note_lines(root, (), lines, [], "")
    return lines


def line_of(lines: dict[Place, int], place: Place) -> int:
    """The line of `place`, or of the nearest thing around it that stands in the file."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _note_lines(node: yaml.Node, place: Place, lines: dict[Place, int], faults: list[Fault], name: str) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                faults.append(Fault(name, key.start_mark.line + 1, f"'{key.value}' stands twice"))
            seen.add(key.value)
            lines[(*place, key.value)] = key.start_mark.line + 1
            _note_lines(value, (*place, key.value), lines, faults, name)
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            _note_lines(item, (*place, position), lines, faults, name)
