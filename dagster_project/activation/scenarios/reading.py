"""Reads scenario files, and names every fault in them with file and line."""

import hashlib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dagster_project.activation.scenarios.asked import read_conditions
from dagster_project.activation.scenarios.contradictions import contradictions, strangers
from dagster_project.activation.scenarios.declaration import Scenario, Variant
from dagster_project.activation.scenarios.triggers import KINDS
from dagster_project.errors import ConfigurationError, Fault, relative_to
from dagster_project.project import seeds
from dagster_project.yaml_lines import Place, read_yaml

# A step that goes out in one way only may say how itself.
VARIANT_KEYS = tuple(name for name in Variant.model_fields if name != "when")

# What to write where something of another shape stands, by what is asked for, or by its key.
EXAMPLES = {
    "Delay": "{days: 3}",
    "Window": '{start: "09:00", end: "20:00"}',
    "ReEntry": "always, never, or {after: {days: 30}}",
    "trigger": "{kind: birthday}",
    "exits": "[purchase]",
    "smart": "[hour]",
}


def load_scenarios(folder: Path | None = None) -> list[Scenario]:
    """The scenarios of `folder` (default: `seeds/scenarios`), by id. Raises ConfigurationError."""
    scenarios, faults = _read(folder)
    if faults:
        raise ConfigurationError(faults)
    return sorted(scenarios, key=lambda scenario: scenario.id)


def _read(folder: Path | None) -> tuple[list[Scenario], list[Fault]]:
    folder = folder or seeds() / "scenarios"
    scenarios: list[Scenario] = []
    faults: list[Fault] = []
    places: dict[str, tuple[str, dict[Place, int]]] = {}
    for path in sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]):
        name = relative_to(path, folder.parent.parent)
        scenario, lines, found = _read_one(path, name)
        faults += found
        if scenario and not found:
            scenarios.append(scenario)
            places[scenario.id] = (name, lines)
    for scenario in scenarios if not faults else []:
        name, lines = places[scenario.id]
        faults += [
            Fault(name, _line(lines, place), message, remedy)
            for place, message, remedy in strangers(scenario, scenarios)
        ]
    return scenarios, faults


def _read_one(path: Path, name: str) -> tuple[Scenario | None, dict[Place, int], list[Fault]]:
    content, lines, faults = read_yaml(path, name)
    if content is None and faults:
        return None, {}, faults
    if not isinstance(content, dict):
        return None, {}, [Fault(name, 1, "is not a scenario: expected keys such as id, trigger and steps")]
    if "rule_version" in content:
        faults.append(Fault(name, _line(lines, ("rule_version",)), "unknown key `rule_version`", "remove it"))
    steps = content.get("steps")
    for step in steps if isinstance(steps, list) else []:
        _move_single_variant(step)
    unreadable = read_conditions(content, lines, name)
    faults += unreadable
    try:
        version = hashlib.sha256(path.read_text(encoding="utf-8-sig").encode()).hexdigest()[:16]
        scenario = Scenario.model_validate({**content, "rule_version": version})
    except ValidationError as error:
        return None, {}, faults + list(dict.fromkeys(_fault(name, lines, found) for found in error.errors()))
    if unreadable:
        return None, {}, faults
    scenario._lines = lines
    found = contradictions(scenario, path.stem)
    return scenario, lines, faults + [Fault(name, _line(lines, place), *told) for place, *told in found]


def _move_single_variant(step: Any) -> None:
    """Let a step with one way of sending say channel and content itself, without a list of variants."""
    if isinstance(step, dict) and "variants" not in step:
        step["variants"] = [{key: step.pop(key) for key in VARIANT_KEYS if key in step}]


def _fault(name: str, lines: dict[Place, int], error: Any) -> Fault:
    """One of pydantic's errors in the words of the person who wrote the file."""
    place, kind, context = error["loc"], error["type"], error.get("ctx", {})
    line, last = _line(lines, place), _last_word(place)
    if kind == "missing":
        return Fault(name, line, f"`{last}` is missing", "add it")
    if kind == "extra_forbidden":
        return Fault(name, line, f"unknown key `{last}`", "correct or remove it")
    if kind == "literal_error":
        return Fault(
            name,
            line,
            f"unknown {last} `{error['input']}`",
            f"one of: {context['expected']}",
        )
    if kind == "union_tag_invalid":
        return Fault(name, line, f"unknown kind of {last} `{context['tag']}`", f"one of: {context['expected_tags']}")
    if kind == "union_tag_not_found":
        return Fault(name, line, f"`kind` of the {last} is missing", f"one of: {', '.join(KINDS)}")
    if kind in ("model_type", "model_attributes_type", "list_type"):
        shape = "a list" if kind == "list_type" else "a mapping of keys"
        example = EXAMPLES.get(context.get("class_name", last))
        return Fault(name, line, f"`{last}` is not {shape}", f"write it as {example}" if example else "")
    message = error["msg"].removeprefix("Value error, ")
    return Fault(name, line, f"`{last}`: {message[0].lower()}{message[1:]}")


def _last_word(place: tuple[str | int, ...]) -> str:
    """The key that a fault is about: not the number of an item, nor the kind by which a trigger's shape is told."""
    words = [part for part in place if isinstance(part, str)]
    if words[:1] == ["trigger"] and len(words) > 1 and words[1] in KINDS:
        del words[1]
    return words[-1] if words else ""


def _line(lines: dict[Place, int], place: Place) -> int:
    """The 1-based line of the deepest part of `place` that stands in the file.

    Parts that do not are passed over: a tag of a union, or the variant as which a step itself is written.
    """
    here: Place = ()
    for part in place:
        if (*here, part) in lines:
            here = (*here, part)
    return lines.get(here, 1)
