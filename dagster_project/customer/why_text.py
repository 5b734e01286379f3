"""What `kizuna why` prints."""

from typing import Any

import click

from dagster_project.summary import print_table


def print_why(found: dict[str, Any]) -> None:
    """The lineage as a person reads it: the row, its rule, what was asked, and where it came from."""
    print_table([{"column": name, "value": value} for name, value in found["target"].items()], title="The row")
    rule = found["rule"]
    click.echo(f"\nThe rule: scenario {rule['scenario_id']}, version {rule['rule_version']}")
    click.echo(rule["text"] or "  its text was not kept by this home (lists of an earlier version of kizuna)")
    print_table(found["conditions"], "it asks nothing of the customer", title="What the rule asks, and the customer")
    print_table(found["not_suppressed"], title="Why it was not suppressed")
    print_table(
        [
            {"mart": each["mart"], "row": ", ".join(f"{name} {value}" for name, value in each["row"].items())}
            for each in found["mart_rows"]
        ],
        "none",
        title="Rows of marts behind it",
    )
    print_table(found["trigger_rows"], "none", title="What set it off, in the sources")
    print_table(found["acts"], "none", title="The customer's latest acts before it, with file and line")


def print_suppressed(rows: list[dict[str, Any]]) -> None:
    """Steps that were not sent to a customer."""
    told = ("as_of", "scenario_id", "step", "reason", "channel", "due_at", "trigger", "winner", "detail")
    print_table([{name: row[name] for name in told if name in row} for row in rows], "nothing was suppressed")
