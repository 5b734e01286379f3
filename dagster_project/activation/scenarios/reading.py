"""Reads scenario files, and names every fault in them with file and line."""

import hashlib
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from dagster_project.activation.scenarios.asked import read_conditions
from dagster_project.activation.scenarios.contradictions import contradictions, strangers
from dagster_project.activation.scenarios.declaration import Scenario, Variant
from dagster_project.activation.scenarios.triggers import KINDS
from dagster_project.errors import ConfigurationError, Fault, relative_to
from dagster_project.project import seeds
from dagster_project.yaml_lines import lines_of

# A step that goes out in one way only may say how itself.
VARIANT_KEYS = tuple(name for name in Variant.model_fields if name != "when")


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
    roots: dict[str, tuple[str, yaml.Node]] = {}
    for path in sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]):
        name = relative_to(path, folder.parent.parent)
        scenario, root, found = _read_one(path, name)
        faults += found
        if scenario and root and not found:
            scenarios.append(scenario)
            roots[scenario.id] = (name, root)
    for scenario in scenarios if not faults else []:
        name, root = roots[scenario.id]
        faults += [
            Fault(name, _line(root, place), message, remedy)
            for place, message, remedy in strangers(scenario, scenarios)
        ]
    return scenarios, faults


def _read_one(path: Path, name: str) -> tuple[Scenario | None, yaml.Node | None, list[Fault]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except UnicodeDecodeError:
        return None, None, [Fault(name, 0, "is not UTF-8 text", "save it as UTF-8")]
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        return None, None, [Fault(name, mark.line + 1 if mark else 0, f"is not YAML: {problem}")]
    if not isinstance(content, dict) or root is None:
        return None, None, [Fault(name, 1, "is not a scenario: expected keys such as id, trigger and steps")]
    faults = [Fault(name, line, f"`{key}` stands twice", "keep one") for key, line in _repeated_keys(root)]
    if "rule_version" in content:
        faults.append(Fault(name, _line(root, ("rule_version",)), "unknown key `rule_version`", "remove it"))
    steps = content.get("steps")
    for step in steps if isinstance(steps, list) else []:
        _move_single_variant(step)
    unreadable = read_conditions(content, lines_of(root), name)
    faults += unreadable
    try:
        version = hashlib.sha256(text.encode()).hexdigest()[:16]
        scenario = Scenario.model_validate({**content, "rule_version": version})
    except ValidationError as error:
        return None, None, faults + list(dict.fromkeys(_fault(name, root, found) for found in error.errors()))
    if unreadable:
        return None, None, faults
    return (
        scenario,
        root,
        faults
        + [
            Fault(name, _line(root, place), message, remedy)
            for place, message, remedy in contradictions(scenario, path.stem)
        ],
    )


def _move_single_variant(step: Any) -> None:
    """Let a step with one way of sending say channel and content itself, without a list of variants."""
    if isinstance(step, dict) and "variants" not in step:
        step["variants"] = [{key: step.pop(key) for key in VARIANT_KEYS if key in step}]


def _fault(name: str, root: yaml.Node, error: Any) -> Fault:
    """One of pydantic's errors in the words of the person who wrote the file."""
    place, kind, context = error["loc"], error["type"], error.get("ctx", {})
    line, last = _line(root, place), _last_word(place)
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
    message = error["msg"].removeprefix("Value error, ")
    return Fault(name, line, f"`{last}`: {message[0].lower()}{message[1:]}")


def _last_word(place: tuple[str | int, ...]) -> str:
    """The key that a fault is about: not the number of an item, nor the kind by which a trigger's shape is told."""
    words = [part for part in place if isinstance(part, str)]
    if words[:1] == ["trigger"] and len(words) > 1 and words[1] in KINDS:
        del words[1]
    return words[-1] if words else ""


def _line(node: yaml.Node, place: tuple[str | int, ...]) -> int:
    """The 1-based line of the deepest part of `place` that stands in the file."""
    line = node.start_mark.line + 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == part), None)
            if pair is None:
                continue  # a tag of a union, or a variant written as the step itself
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def _repeated_keys(node: yaml.Node) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                found.append((key.value, key.start_mark.line + 1))
            seen.add(key.value)
            found += _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            found += _repeated_keys(value)
    return found
