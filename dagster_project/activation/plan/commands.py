"""The command about messages to come. What it does is imported late: help should not wait."""

from pathlib import Path

import click

from dagster_project.command_shape import home_option, show
from dagster_project.home import Home


@click.command()
@click.argument("scenario", required=False)
@click.option(
    "--days", type=click.IntRange(1, 366), default=90, show_default=True, help="How many days from the last run."
)
@click.option(
    "--chart",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also draw the messages of each day by channel into a file, .svg or .html.",
)
@home_option
def plan(scenario: str | None, days: int, chart: Path | None, home_path: Path, as_json: bool) -> None:
    """Show who is likely to be sent what in the days to come, and how many each rule leaves out.

    Asks all scenarios as a run does, from the last run's customers, today's triggers, the calendar, and the contents
    scheduled; SCENARIO shows one of them. Nothing is listed or sent. A scenario that is being written is tried by a
    folder of its own: KIZUNA_SEEDS=DIR kizuna plan SCENARIO.

    \b
    kizuna plan --days 90
    kizuna plan birthday --chart birthdays.html
    """
    from dagster_project.activation.plan import forecast, report

    if chart is not None:
        from dagster_project import svg

        svg.require_place(chart)
    found = forecast.forecast(Home.existing(home_path), days, scenario)
    if chart is not None:
        from dagster_project.activation.plan import chart as drawing

        drawing.write(chart, found)
    show(report.as_json(found), as_json, lambda: report.print_plan(found))
