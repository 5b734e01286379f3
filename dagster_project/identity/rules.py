"""Faults in the rule tables of identity, each with its file and line, before anything runs."""

import csv
import re
from pathlib import Path

from dagster_project.errors import Fault
from dagster_project.identity.given import KINDS

Rows = list[tuple[int, dict[str, str]]]


def check_identity_rules(rules: Path) -> list[Fault]:
    """All faults of identity_kinds, identity_blocklist and identity_overrides in the folder `rules`.

    Types and missing columns are the business of the general check of rule tables.
    """
    return sorted(
        [
            *_check(rules, "identity_kinds", _kind_faults),
            *_check(rules, "identity_blocklist", _blocklist_faults),
            *_check(rules, "identity_overrides", _override_faults),
        ]
    )


def _check(rules: Path, table: str, faults_of) -> list[Fault]:
    name = f"seeds/rules/{table}.csv"
    try:
        with (rules / f"{table}.csv").open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            rows = [(reader.line_num, {key: value or "" for key, value in row.items() if key}) for row in reader]
    except FileNotFoundError:
        return [Fault(name, 0, "is missing", "identity needs it, if only its header")]
    except (UnicodeDecodeError, csv.Error):
        return []
    return [Fault(name, line, message, remedy) for line, message, remedy in faults_of(rows)]


def _kind_faults(rows: Rows) -> list[tuple[int, str, str]]:
    found = []
    seen: dict[str, int] = {}
    for line, row in rows:
        for column in ("kind", "strength"):
            value = f"{column} {row.get(column, '')}"
            if value in seen:
                found.append(
                    (
                        line,
                        f"{value} stands in line {seen[value]} already",
                        "one row per kind, strengths all different",
                    )
                )
            seen.setdefault(value, line)
        if row.get("kind") not in KINDS:
            found.append((line, f"{row.get('kind')!r} is no kind of identifier", f"kinds are {', '.join(KINDS)}"))
        if row.get("persons_per_value") != "1":
            found.append((line, "persons_per_value can only be 1", "a value of two persons is contested"))
        if row.get("values_per_person") not in ("1", ""):
            found.append((line, "values_per_person can only be 1 or empty", "empty: a person may hold any number"))
        found += [(line, message, remedy) for message, remedy in _limit_faults(row)]
    found += [(0, f"kind {kind} is missing", "one row per kind") for kind in KINDS if f"kind {kind}" not in seen]
    return found


def _limit_faults(row: dict[str, str]) -> list[tuple[str, str]]:
    """Faults of records_per_value, as message and remedy."""
    limit = row.get("records_per_value", "")
    if not limit:
        return []
    if not limit.isdecimal() or int(limit) < 1:
        return [("records_per_value is no number from 1 on", "empty: any number of records may share a value")]
    if row.get("is_weak", "").lower() == "true" or row.get("is_blockable", "").lower() == "false":
        return [("records_per_value is for kinds that are neither weak nor never blocked", "leave it empty")]
    return []


def _blocklist_faults(rows: Rows) -> list[tuple[int, str, str]]:
    found = []
    for line, row in rows:
        if row.get("kind") not in KINDS:
            found.append((line, f"{row.get('kind')!r} is no kind of identifier", f"kinds are {', '.join(KINDS)}"))
        if row.get("match") not in ("value", "pattern"):
            found.append((line, f"match {row.get('match')!r} is neither value nor pattern", ""))
        if not row.get("value"):
            found.append((line, "value is empty", "an empty cell blocks nothing"))
        if row.get("match") == "pattern":
            try:
                re.compile(row.get("value", ""))
            except re.error as error:
                found.append((line, f"the pattern is no regular expression: {error}", ""))
    return found


def _override_faults(rows: Rows) -> list[tuple[int, str, str]]:
    found = []
    actions: dict[frozenset[tuple[str, str]], tuple[str, int]] = {}
    for line, row in rows:
        ends = [(row.get(f"{side}_kind", ""), row.get(f"{side}_value", "")) for side in ("left", "right")]
        found += [
            (line, f"{kind!r} is no kind of identifier", f"kinds are {', '.join(KINDS)}")
            for kind, _ in ends
            if kind not in KINDS
        ]
        if not all(value for _, value in ends):
            found.append((line, "an identifier is empty", "an override names two"))
        elif ends[0] == ends[1]:
            found.append((line, "both sides are the same identifier", "an override names two"))
        if row.get("action") not in ("never_link", "always_link"):
            found.append((line, f"action {row.get('action')!r} is neither never_link nor always_link", ""))
        for column in ("who", "why"):
            if not row.get(column):
                found.append((line, f"{column} is empty", "say who decided it, and why"))
        action, first = actions.setdefault(frozenset(ends), (row.get("action", ""), line))
        if action != row.get("action"):
            found.append((line, f"contradicts line {first}", "keep one of the two"))
    return found
