"""`kizuna path`: the chain of evidence between two identifiers, what blocks it, and what would be without an edge."""

from pathlib import Path
from typing import Any

import click
from pyarrow import csv

from dagster_project.home import Home
from dagster_project.identity import explain, without
from dagster_project.identity.assign import read_kinds
from dagster_project.identity.given import read_overrides
from dagster_project.identity.neighbourhood import MAX_IDENTIFIERS
from dagster_project.landing import manifest
from dagster_project.project import seeds
from dagster_project.publish.reader import connect_published
from dagster_project.summary import print_table

SHOWN_DIGITS = 8
SHOWN_ROWS = 20


def path(home: Home, a: str, b: str, without_edge: str | None = None) -> dict[str, Any]:
    """`explain.explain` of the two, with the names of the files; under `without`, what would be without that edge."""
    salt, rules = home.salt(), seeds() / "rules"
    overrides = read_overrides(rules, salt)
    with connect_published(home) as con:
        found = explain.explain(con, salt, a, b, overrides)
        if without_edge is not None:
            edge = without.find_edge(con, without_edge, found["chain"])
            kinds = read_kinds(csv.read_csv(rules / "identity_kinds.csv"))
            found["without"] = without.without(con, salt, kinds, overrides, edge)
    names = {file.file_id: file.name for file in manifest.read(home).landed}
    for step in [*found["chain"], *found.get("without", {}).get("chain", [])]:
        step.pop("keys")
        for evidence in (step, *step["others"]):
            evidence["first_file"] = names.get(evidence["first_file_id"])
    return found


def print_path(found: dict[str, Any]) -> None:
    """The chain as a person reads it."""
    customers = found["customers"]
    if found["is_one_person"]:
        click.echo(f"one person: {customers[0]}")
        _print_chain(found["chain"], "they are the same identifier", "Evidence, step by step")
    else:
        click.echo(f"not one person: {' and '.join(customer or 'nobody' for customer in customers)}")
        nothing = "no evidence links them at all"
        if found["is_linked"]:
            nothing = "they are the same identifier"
        elif not found["is_searched_whole"]:
            nothing = f"none found; only the nearest {MAX_IDENTIFIERS:,} identifiers were looked through"
        _print_chain(found["chain"], nothing, "The chain that would link them, and where it breaks")
    for each in found["blocked"]:
        beside = f"; customers beside it: {each['customers_beside']}" if each["customers_beside"] else ""
        click.echo(f"  {_shown(each['identifier'])} {each['why']} ({each['reason']}{beside})")
    told = {each["what"] for each in found["apart"]}
    for step in found["chain"]:
        if step["reason"] in explain.WHY_EDGE and step["reason"] not in told:
            what = explain.WHY_EDGE[step["reason"]]
            click.echo(f"  step {step['step']}: {what} ({step['reason']})")
    for each in found["apart"]:
        verb = "may never be linked" if each["what"] == "never_link" else "contradict each other"
        click.echo(f"  {_shown(each['left'])} and {_shown(each['right'])} {verb}: {each['why']}")
    if "without" in found:
        _print_without(found["without"])


def _print_without(found: dict[str, Any]) -> None:
    edge = found["edge"]
    click.echo(
        f"\nwithout {_shown(edge['left'])} - {_shown(edge['right'])}"
        f" (rule {', '.join(edge['rules'])}; rows: {edge['observations']:,}):"
    )
    if not found["identifiers"]:
        click.echo("  nothing would change: every identifier would stay where it is")
    else:
        persons = [{name.replace("_", " "): value for name, value in row.items()} for row in found["persons"]]
        print_table(persons, title="The persons there would be")
        shown = [
            {
                "identifier": _shown(each["identifier"]),
                "belongs to": each["customer_id"] or "nobody",
                "would belong to": each["would_be"] or f"nobody ({each['reason']})",
            }
            for each in found["identifiers"][:SHOWN_ROWS]
        ]
        print_table(shown, title="Identifiers that would go elsewhere")
        if len(found["identifiers"]) > SHOWN_ROWS:
            click.echo(f"  and {len(found['identifiers']) - SHOWN_ROWS:,} more (--json gives all)")
    if found["contradictions"]:
        click.echo(
            f"  ({found['contradictions']} pairs of records nearby contradict each other: taken as they stand;"
            " a rebuild would weigh anew what a removed row had said)"
        )
    if found["chain"]:
        would = "They would still be one person, by" if found["is_one_person"] else "Other evidence says the same"
        _print_chain(found["chain"], "", would)


def _print_chain(chain: list[dict[str, Any]], empty: str, title: str) -> None:
    """A line per piece of evidence: the most observed of a step first, the step's number once."""
    lines = []
    for step in chain:
        for evidence in (step, *step["others"]):
            is_first = evidence is step
            first_seen = evidence["first_seen_at"]
            lines.append(
                {
                    "step": str(step["step"]) if is_first else "",
                    "from": _shown(step["left"]) if is_first else "",
                    "to": _shown(step["right"]) if is_first else "",
                    "rule": evidence["rule"],
                    "first row": _place(evidence),
                    "first seen": first_seen.strftime("%Y-%m-%d") if first_seen else "",
                    "rows": evidence["observations"],
                    "used": "yes" if evidence["status"] == "used" else evidence["reason"],
                }
            )
    if all(line["used"] == "yes" for line in lines):
        lines = [{name: value for name, value in line.items() if name != "used"} for line in lines]
    print_table(lines, empty, title=title)


def _place(evidence: dict[str, Any]) -> str:
    """Source, file and line; the source alone of evidence that no landed row gives, an override's for one."""
    file, line = evidence["first_file"] or evidence["first_file_id"], evidence["first_line_no"]
    return f"{evidence['source']}/{Path(file).name}:{line}" if file is not None else evidence["source"]


def _shown(identifier: tuple[str, str]) -> str:
    kind, hash_ = identifier
    return f"{kind}:{hash_[:SHOWN_DIGITS]}"
