"""YAML that remembers where each value stands, so that a fault can name its line."""

from pathlib import Path
from typing import Any

import yaml

from dagster_project.errors import Fault

Place = tuple[str | int, ...]
SYNTAX = "look at colons, brackets, quotes and indentation there"


class _Loader(yaml.SafeLoader):
    """Plain data alone; a value that looks like a day or a number and is none is an error that has a line."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, KeyError, AttributeError, OverflowError) as error:
            problem = f"`{node.value}` is no value: {error}"
            raise yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark) from None


def read_yaml(path: Path, name: str) -> tuple[Any, dict[Place, int], list[Fault]]:
    """The content of `path`, the 1-based line of each value by its place in it, and what is wrong with the
    YAML itself.

    `name` is how faults call the file. A key that stands twice in one mapping is a fault: YAML would silently
    take the last. Only plain data is read; tags that build objects are faults.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        loader = _Loader(text)
    except UnicodeDecodeError:
        return None, {}, [Fault(name, 0, "is not UTF-8", "save it as UTF-8")]
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return None, {}, [Fault(name, line, f"holds a character that YAML does not allow, {error.character:#x}")]
    lines: dict[Place, int] = {}
    faults: list[Fault] = []
    try:
        node = loader.get_single_node()
        if node is None:
            return None, {(): 1}, []
        _note_lines(node, (), lines, faults, name)
        return loader.construct_document(node), lines, faults
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        remedy = "correct it, or put it in quotes" if isinstance(error, yaml.constructor.ConstructorError) else SYNTAX
        return None, {}, [Fault(name, line, f"is not valid YAML: {error.problem}", remedy)]
    except RecursionError:
        return (
            None,
            {},
            [Fault(name, 0, "is nested without end", "take out the alias that stands within its own anchor")],
        )
    finally:
        loader.dispose()


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
            if not isinstance(key, yaml.ScalarNode):
                continue  # a list or a mapping is no key, which is told when the data is made
            if key.value in seen:
                faults.append(Fault(name, key.start_mark.line + 1, f"'{key.value}' stands twice", "keep one"))
            seen.add(key.value)
            lines[(*place, key.value)] = key.start_mark.line + 1
            _note_lines(value, (*place, key.value), lines, faults, name)
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            _note_lines(item, (*place, position), lines, faults, name)
