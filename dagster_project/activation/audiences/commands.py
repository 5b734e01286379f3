"""The commands of audiences: what a condition finds, and which ready ones there are.

What they do is imported late: help should not wait.
"""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from dagster_project.command_shape import DATE, home_option, show
from dagster_project.home import Home

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("file")
@click.option("--count", is_flag=True, help="Print the number of customers alone.")
@click.option("--sample", type=click.IntRange(1), help="Print so many customer ids; never personal data.")
@click.option("--explain", is_flag=True, help="Print how many customers fulfil each part, and the compiled SQL.")
@click.option("--as-of", type=DATE, help="A published day. [default: the newest]")
@home_option
def audience(
    file: str,
    count: bool,
    sample: int | None,
    explain: bool,
    as_of: datetime | None,
    home_path: "Path",
    as_json: bool,
) -> None:
    """Show whom an audience means: FILE is a YAML file, or the name of an audience in seeds/audiences.

    Reads the published marts alone and changes nothing.

    \b
    kizuna audience loyal_at_risk
    kizuna audience my_audience.yml --explain
    """
    from dagster_project.activation.audiences import report

    day = as_of.date() if as_of else None
    result = report.look(Home.existing(home_path), file, day, sample or 0, explain)
    for warning in result["warnings"]:
        click.echo(f"kizuna: warning: {warning}", err=True)
    show(result, as_json, lambda: _print_audience(result, count, bool(sample), explain))


def _print_audience(result: dict[str, Any], count: bool, sample: bool, explain: bool) -> None:
    if count:
        click.echo(result["customers"])
    elif not sample or explain:
        share = f" ({result['customers'] / result['of']:.1%})" if result["of"] else ""
        click.echo(f"{result['audience']}: {result['description']}")
        click.echo(f"as of {result['as_of']}: {result['customers']:,} of {result['of']:,} customers{share}")
    if explain:
        click.echo(f"\n{'alone':>10} {'so far':>10}")
        for step in result["parts"]:
            left = "" if step["left"] is None else f"{step['left']:,}"
            click.echo(f"{step['customers']:>10,} {left:>10}  {'  ' * step['depth']}{step['part']}")
        click.echo(f"\n{result['sql']}")
    for customer_id in result["sample"]:
        click.echo(customer_id)


@click.command()
@click.argument("words", nargs=-1)
@home_option
def conditions(words: tuple[str, ...], home_path: "Path", as_json: bool) -> None:
    """List the ready conditions, with their meaning and an example; only those that hold all of WORDS, if given.

    \b
    kizuna conditions
    kizuna conditions cart
    """
    from dagster_project.activation.audiences import report

    found = report.ready_conditions(words)
    show([asdict(one) for one in found], as_json, lambda: _print_conditions(found))


def _print_conditions(found: list[Any]) -> None:
    group = None
    for one in found:
        if one.group != group:
            group = one.group
            click.echo(f"\n{group}")
        click.echo(f"  {one.name}: {one.meaning}")
        for line in one.example.splitlines():
            click.echo(f"      {line}")
    click.echo(f"\n{len(found)} conditions. Besides them every column of the mart customers is one: kizuna dictionary")
