"""Reads scenario files, and names every fault in them with file and line."""

import hashlib
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from dagster_project.activation.scenarios.declaration import ATTRIBUTES, EXITS_OF, Scenario
from dagster_project.errors import ConfigurationError, Fault, relative_to
from dagster_project.project import seeds


def load_scenarios(folder: Path | None = None) -> list[Scenario]:
    """The scenarios of `folder` (default: `seeds/scenarios`), by id. Raises ConfigurationError."""
    scenarios, faults = _read(folder)
    if faults:
        raise ConfigurationError(faults)
    return sorted(scenarios, key=lambda scenario: scenario.id)


def check_scenarios(folder: Path | None = None) -> list[Fault]:
    """Every fault of every scenario file, for `kizuna doctor`."""
    return sorted(_read(folder)[1])


def _read(folder: Path | None) -> tuple[list[Scenario], list[Fault]]:
    folder = folder or seeds() / "scenarios"
    scenarios: list[Scenario] = []
    faults: list[Fault] = []
    for path in sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]):
        scenario, found = _read_one(path, relative_to(path, folder.parent.parent))
        faults += found
        if scenario and not found:
            scenarios.append(scenario)
    return scenarios, faults


def _read_one(path: Path, name: str) -> tuple[Scenario | None, list[Fault]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except UnicodeDecodeError:
        return None, [Fault(name, 0, "is not UTF-8 text", "save it as UTF-8")]
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        return None, [Fault(name, mark.line + 1 if mark else 0, f"is not YAML: {problem}")]
    if not isinstance(content, dict) or root is None:
        return None, [Fault(name, 1, "is not a scenario: expected keys such as id, trigger and steps")]
    faults = [Fault(name, line, f"`{key}` stands twice", "keep one") for key, line in _repeated_keys(root)]
    if "rule_version" in content:
        faults.append(Fault(name, _line(root, ("rule_version",)), "unknown key `rule_version`", "remove it"))
    for step in content.get("steps") or []:
        _move_single_variant(step)
    try:
        version = hashlib.sha256(text.encode()).hexdigest()[:16]
        scenario = Scenario.model_validate({**content, "rule_version": version})
    except ValidationError as error:
        return None, faults + [_fault(name, root, found) for found in error.errors()]
    return scenario, faults + [
        Fault(name, _line(root, place), message, remedy)
        for place, message, remedy in _contradictions(scenario, path.stem)
    ]


def _move_single_variant(step: Any) -> None:
    """Let a step with one way of sending say channel and content itself, without a list of variants."""
    if isinstance(step, dict) and "variants" not in step:
        step["variants"] = [
            {key: step.pop(key) for key in ("channel", "content_id", "product", "product_id") if key in step}
        ]


def _contradictions(scenario: Scenario, stem: str) -> list[tuple[tuple[str | int, ...], str, str]]:
    """(place, message, remedy) of what each part allows and the whole does not."""
    found: list[tuple[tuple[str | int, ...], str, str]] = []
    if scenario.id != stem:
        found.append((("id",), f"the id `{scenario.id}` is not the file's name", f"call the file {scenario.id}.yml"))
    kind = scenario.trigger.kind
    for number, way_out in enumerate(scenario.exits):
        if way_out not in EXITS_OF[kind]:
            found.append(
                (
                    ("exits", number),
                    f"a scenario triggered by {kind} has no exit `{way_out}`",
                    f"one of: {', '.join(EXITS_OF[kind]) or 'none'}",
                )
            )
    if scenario.valid_from and scenario.valid_until and scenario.valid_from > scenario.valid_until:
        found.append((("valid_until",), "valid_until is before valid_from", ""))
    first_at: dict[str, int] = {}
    for number, step in enumerate(scenario.steps):
        at: tuple[str | int, ...] = ("steps", number)
        if first_at.setdefault(step.step, number) != number:
            found.append(((*at, "step"), f"the step id `{step.step}` stands twice", "give each step its own id"))
        if step.variants[-1].when:
            found.append(
                (
                    (*at, "variants", len(step.variants) - 1),
                    "the last variant has a `when`",
                    "end with a variant for everybody else",
                )
            )
        for place, variant in enumerate(step.variants):
            here = (*at, "variants", place)
            if not variant.when and place < len(step.variants) - 1:
                found.append((here, "variants after one without `when` are never reached", "put it last"))
            if variant.product and variant.product_id:
                found.append(((*here, "product_id"), "both product and product_id are given", "keep one"))
            if kind == "birthday" and variant.product:
                found.append(((*here, "product"), "a birthday has no product", "name a product_id"))
            found += [
                ((*here, "when", name), f"unknown attribute `{name}`", f"one of: {', '.join(ATTRIBUTES)}")
                for name in variant.when
                if name not in ATTRIBUTES
            ]
    return found


def _fault(name: str, root: yaml.Node, error: Any) -> Fault:
    """One of pydantic's errors in the words of the person who wrote the file."""
    place, kind, context = error["loc"], error["type"], error.get("ctx", {})
    line, last = _line(root, place), place[-1] if place else ""
    if kind == "missing":
        return Fault(name, line, f"`{last}` is missing", "add it")
    if kind == "extra_forbidden":
        return Fault(name, line, f"unknown key `{last}`", "correct or remove it")
    if kind == "literal_error":
        return Fault(
            name,
            line,
            f"unknown {last if isinstance(last, str) else place[-2]} `{error['input']}`",
            f"one of: {context['expected']}",
        )
    if kind == "union_tag_invalid":
        return Fault(name, line, f"unknown kind of {last} `{context['tag']}`", f"one of: {context['expected_tags']}")
    if kind == "union_tag_not_found":
        return Fault(name, line, f"`kind` of the {last} is missing", f"one of: {', '.join(EXITS_OF)}")
    message = error["msg"].removeprefix("Value error, ")
    return Fault(name, line, f"`{last}`: {message[0].lower()}{message[1:]}")


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
