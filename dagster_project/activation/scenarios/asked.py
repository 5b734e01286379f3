"""The conditions of a scenario file, read by the language of audiences, with its own words apart."""

from collections.abc import Iterator
from typing import Any

from dagster_project.activation.audiences.reading import condition_at
from dagster_project.activation.scenarios.declaration import OWN_WORDS
from dagster_project.errors import ConfigurationError, Fault
from dagster_project.yaml_lines import Place


def read_conditions(content: dict[str, Any], lines: dict[Place, int], name: str) -> list[Fault]:
    """Put read conditions in the place of plain ones in `content`; returns what is wrong with them.

    `lines`: of each value of the file. Content that has no such shape is left as it is: the shape of a scenario is
    checked elsewhere.
    """
    faults: list[Fault] = []
    for holder, key, place in _places(content):
        value = holder[key]
        own = {}
        if isinstance(value, dict) and key == "when":
            own = {word: part for word, part in value.items() if word in OWN_WORDS}
            value = {word: part for word, part in value.items() if word not in OWN_WORDS}
        read = None
        if value or not own:
            try:
                read = condition_at(value, name, lines, place)
            except ConfigurationError as error:
                faults += error.faults
        if key == "audience":
            holder[key] = read
        elif read is None and not own:
            del holder[key]
        else:
            holder[key] = {**own, "others": read}
    return faults


def _places(content: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, Place]]:
    """(mapping, key, place in the file) of every condition."""
    if content.get("audience") is not None:
        yield content, "audience", ("audience",)
    yield from _whens(content.get("exits"), ("exits",))
    steps = content.get("steps")
    for number, step in enumerate(steps if isinstance(steps, list) else []):
        if isinstance(step, dict):
            yield from _whens(step.get("skip"), ("steps", number, "skip"))
            yield from _whens(step.get("variants"), ("steps", number, "variants"))


def _whens(parts: Any, at: Place) -> Iterator[tuple[dict[str, Any], str, Place]]:
    for number, part in enumerate(parts if isinstance(parts, list) else []):
        if isinstance(part, dict) and part.get("when") is not None:
            yield part, "when", (*at, number, "when")
