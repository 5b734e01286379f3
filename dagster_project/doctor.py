"""Every fault in configuration, named with file and line, before anything runs."""

import csv
from datetime import date, time

import yaml

from dagster_project.errors import ConfigurationError, Fault
from dagster_project.project import DBT_PROJECT, EXPECTATIONS, seeds


def faults() -> list[Fault]:
    """All faults of sources.yml, rule tables, scenarios, feeds and expectations."""
    from dagster_project.activation.feeds import check_feeds
    from dagster_project.activation.scenarios import check_scenarios
    from dagster_project.identity.rules import check_identity_rules
    from dagster_project.landing.origins import check_origins

    return sorted([*check_origins(), *_rule_faults(), *check_identity_rules(seeds() / "rules"),
                   *check_scenarios(seeds() / "scenarios"),
                   *check_feeds(seeds() / "feeds"), *_expectation_faults()])


def require_sound() -> None:
    """Raise ConfigurationError with every fault, where there is one."""
    found = faults()
    if found:
        raise ConfigurationError(found)


SETTING_TYPES = {
    "first_day": date.fromisoformat, "send_window_start": time.fromisoformat, "send_window_end": time.fromisoformat,
    "default_holdout": float, "global_holdout": float, "maturity_days": int, "rank_window_days": int,
    "session_gap_minutes": int, "expires_after_days": int, "keep_days": int, "probabilistic": int,
    "repeat_window_days": lambda value: [int(word) for word in value.split()] or int(""),
}


def _rule_faults() -> list[Fault]:
    """Rule tables against the header and the types that dbt's seed configuration declares."""
    found = []
    declared = _declared_tables()
    for file in sorted((seeds() / "rules").glob("*.csv")):
        name = f"seeds/rules/{file.name}"
        try:
            with file.open(encoding="utf-8-sig", newline="") as handle:
                reader = csv.reader(handle)
                rows = [(reader.line_num, row) for row in reader]
        except (UnicodeDecodeError, csv.Error) as error:
            found.append(Fault(name, 0, f"cannot be read as UTF-8 CSV: {error}", "save it as CSV UTF-8"))
            continue
        if not rows:
            found.append(Fault(name, 1, "is empty", "a rule table has at least its header"))
            continue
        header = rows[0][1]
        types = declared.get(file.stem, {})
        found += [Fault(name, 1, f"column {column} is missing", f"columns are {', '.join(types)}")
                  for column in types if column not in header]
        for line, row in rows[1:]:
            if len(row) != len(header):
                found.append(Fault(name, line, f"has {len(row)} cells, the header has {len(header)}",
                                   "quote a cell that holds a comma"))
                continue
            for column, value in zip(header, row, strict=True):
                problem = _cell_problem(types.get(column, ""), value)
                if problem:
                    found.append(Fault(name, line, f"{column}: {problem}"))
        if file.stem == "settings":
            found += _setting_faults(name, rows)
    return found


def _setting_faults(name: str, rows: list[tuple[int, list[str]]]) -> list[Fault]:
    found = []
    present = set()
    for line, row in rows[1:]:
        if len(row) < 2:
            continue
        present.add(row[0])
        try:
            SETTING_TYPES.get(row[0], str)(row[1])
        except ValueError:
            found.append(Fault(name, line, f"{row[0]}: {row[1]!r} cannot be read"))
    found += [Fault(name, 0, f"setting {missing} is missing") for missing in sorted(SETTING_TYPES.keys() - present)]
    return found


def _declared_tables() -> dict[str, dict[str, str]]:
    """seed name -> column -> type, from the `column_types` of the seeds in dbt_project.yml and seeds/rules/*.yml."""
    tables: dict[str, dict[str, str]] = {}
    for file in sorted((seeds() / "rules").glob("*.yml")):
        for seed in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("seeds", []):
            tables[seed["name"]] = (seed.get("config") or {}).get("column_types", {})
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    for name, configuration in project["seeds"]["kizuna"].items():
        if isinstance(configuration, dict) and "+column_types" in configuration:
            tables.setdefault(name, {}).update(configuration["+column_types"])
    return tables


def _cell_problem(declared: str, value: str) -> str | None:
    kind = declared.lower()
    if not value or not kind:
        return None
    try:
        if kind.startswith(("int", "bigint", "smallint")):
            int(value)
        elif kind.startswith(("decimal", "double", "float")):
            float(value)
        elif kind == "date":
            date.fromisoformat(value)
        elif kind == "boolean" and value.lower() not in ("true", "false"):
            return f"{value!r} is not true or false"
    except ValueError:
        return f"{value!r} is not a {kind}"
    return None


def _expectation_faults() -> list[Fault]:
    from dagster_project.gates.suites import load_suites

    found = []
    for stage in sorted(folder.name for folder in EXPECTATIONS.iterdir() if folder.is_dir()):
        try:
            load_suites(stage)
        except ConfigurationError as error:
            found += error.faults
    return found
