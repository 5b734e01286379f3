"""Suites of expectations as files: `expectations/<stage>/<table>.yml`, in Great Expectations' own vocabulary.

    schema: staging                     # optional; the stage's name unless said otherwise
    expectations:
      - type: expect_table_row_count_to_be_between
        kwargs: {min_value: 1}
        severity: warning               # critical (default) blocks, warning shows
        notes: why the bound is what it is
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dagster_project.errors import ConfigurationError, Fault
from dagster_project.project import EXPECTATIONS

SEVERITIES = ("critical", "warning")


@dataclass(frozen=True)
class Suite:
    """The expectations of one table."""

    stage: str
    schema: str
    table: str
    expectations: tuple[dict[str, Any], ...]

    @property
    def name(self) -> str:
        """`<stage>.<table>`."""
        return f"{self.stage}.{self.table}"


@cache
def load_suites(stage: str, root: Path = EXPECTATIONS) -> tuple[Suite, ...]:
    """The suites of `stage`, in name order. Raises ConfigurationError with every fault at once."""
    suites, faults = [], []
    for file in sorted((root / stage).glob("*.yml")):
        try:
            content = yaml.safe_load(file.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            faults.append(Fault(str(file.relative_to(root.parent)), 0, f"not YAML: {error}"))
            continue
        problem = _problem(content)
        if problem:
            faults.append(Fault(str(file.relative_to(root.parent)), 0, problem))
            continue
        suites.append(Suite(stage, content.get("schema", stage), file.stem, tuple(content["expectations"])))
    if faults:
        raise ConfigurationError(faults)
    return tuple(suites)


def _problem(content: Any) -> str | None:
    if not isinstance(content, dict) or not isinstance(content.get("expectations"), list):
        return "a suite is a mapping with a list `expectations`"
    for number, expectation in enumerate(content["expectations"], 1):
        if not isinstance(expectation, dict) or not isinstance(expectation.get("type"), str):
            return f"expectation {number} has no type"
        unknown = set(expectation) - {"type", "kwargs", "severity", "notes"}
        if unknown:
            return f"expectation {number} has unknown keys {sorted(unknown)}"
        if expectation.get("severity", "critical") not in SEVERITIES:
            return f"expectation {number}: severity is one of {SEVERITIES}"
    return None
