"""Suites of expectations as files: `expectations/<stage>/<table>.yml`, in Great Expectations' own vocabulary.

schema: staging                     # optional; the stage's name unless said otherwise
expectations:
  - type: expect_table_row_count_to_be_between
    kwargs: {min_value: 1}
    severity: warning               # critical (default) blocks, warning shows
    description: what must hold, as the message that stops a run says it
    meta:
      shows: [source, file_id]      # columns of an unexpected_rows_query that carry no personal data
      remedy: what to do where it does not hold
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dagster_project.errors import ConfigurationError, Fault
from dagster_project.project import EXPECTATIONS

SEVERITIES = ("critical", "warning")
KEYS = {"type", "kwargs", "severity", "description", "notes", "meta"}
META_KEYS = {"shows", "remedy"}
ROWS = "unexpected_rows_expectation"
# Shown values end in messages and logs: the names of columns that hold personal data in staging are refused.
PERSONAL = re.compile(
    r"email|phone|name_kana|(last|first)_name|birth_date|postal_code|address|line_user_id|row_json|raw|value"
)


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

    @property
    def relation(self) -> str:
        """The table as SQL names it."""
        return f"{self.schema}.{self.table}"


@cache
def load_suites(stage: str, root: Path = EXPECTATIONS) -> tuple[Suite, ...]:
    """The suites of `stage`, in name order. Raises ConfigurationError with every fault at once."""
    suites, faults = [], []
    for file in sorted((root / stage).glob("*.yml")):
        name = str(file.relative_to(root.parent))
        try:
            content = yaml.safe_load(file.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            faults.append(Fault(name, 0, "is not text in UTF-8"))
            continue
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            faults.append(Fault(name, mark.line + 1 if mark else 0, f"not YAML: {getattr(error, 'problem', error)}"))
            continue
        problem = _problem(content)
        if problem:
            faults.append(Fault(name, 0, problem))
            continue
        suites.append(Suite(stage, content.get("schema", stage), file.stem, tuple(content["expectations"])))
    if faults:
        raise ConfigurationError(faults)
    return tuple(suites)


def _problem(content: Any) -> str | None:
    if not isinstance(content, dict) or not isinstance(content.get("expectations"), list):
        return "a suite is a mapping with a list `expectations`"
    unknown = set(content) - {"schema", "expectations"}
    if unknown:
        return f"unknown keys {sorted(unknown)}"
    for number, expectation in enumerate(content["expectations"], 1):
        problem = _expectation_problem(expectation)
        if problem:
            return f"expectation {number} {problem}"
    return None


def _expectation_problem(expectation: Any) -> str | None:
    if not isinstance(expectation, dict) or not isinstance(expectation.get("type"), str):
        return "has no type"
    unknown = set(expectation) - KEYS
    if unknown:
        return f"has unknown keys {sorted(unknown)}"
    if expectation.get("severity", "critical") not in SEVERITIES:
        return f"has another severity than {' or '.join(SEVERITIES)}"
    if not isinstance(expectation.get("kwargs", {}), dict):
        return "has kwargs that are no mapping"
    if expectation["type"] == ROWS and "{batch}" not in str(expectation.get("kwargs", {}).get("unexpected_rows_query")):
        return "has no unexpected_rows_query that reads from {batch}"
    meta = expectation.get("meta", {})
    if not isinstance(meta, dict) or set(meta) - META_KEYS:
        return f"has another meta than {' and '.join(sorted(META_KEYS))}"
    for column in meta.get("shows", []):
        if not re.fullmatch(r"[a-z_][a-z0-9_]*", str(column)) or PERSONAL.search(str(column)):
            return f"shows {column}, which may hold personal data"
    return None
