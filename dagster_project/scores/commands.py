"""The command about scores of another day or under other rules. What it does is imported late: help should not wait."""

from datetime import datetime
from pathlib import Path

import click

from dagster_project.command_shape import DATE, home_option, show
from dagster_project.home import Home


@click.command()
@click.option("--as-of", type=DATE, help="The Tokyo day at whose end scores are wanted. [default: the published day]")
@click.option(
    "--rules",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Another score_rules.csv to score the published acts by. [default: the published ledger as it is]",
)
@click.option(
    "--half-life",
    type=click.FloatRange(0),
    help="Days after which a point counts half, 0 never. [default: the setting]",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write every customer's scores as CSV.")
@home_option
def scores(
    as_of: datetime | None,
    rules: Path | None,
    half_life: float | None,
    out: Path | None,
    home_path: Path,
    as_json: bool,
) -> None:
    """Show what scores were on a day, or would be under other rules.

    Reads the published marts alone and changes nothing. With --rules, the same day under both rules is compared;
    without, the day with what is published.

    \b
    kizuna scores --as-of 2026-01-31
    kizuna scores --rules my_score_rules.csv --out scores.csv
    """
    from dagster_project.scores import report

    result = report.compare(Home.existing(home_path), as_of.date() if as_of else None, rules, half_life, out)
    show(result, as_json, lambda: report.print_report(result))
