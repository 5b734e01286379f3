"""The command about what scenarios brought. What it does is imported late: help should not wait."""

from pathlib import Path

import click

from dagster_project.command_shape import home_option, show
from dagster_project.home import Home


@click.command()
@click.argument("scenario", required=False)
@click.option(
    "--chart",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also draw lift and interval of each step into a file, .svg or .html.",
)
@home_option
def results(scenario: str | None, chart: Path | None, home_path: Path, as_json: bool) -> None:
    """Show what scenarios brought, against the customers held out of them.

    Reads the published marts scenario_results and scenario_totals. Lift is the share of customers who bought in the
    days after the send time less that of those held out, over all assigned, whether they were sent to or not. It is
    given from 30 customers on either side (setting scenario_min_customers); `open` means that it may as well be 0.

    \b
    kizuna results
    kizuna results cart_abandonment --chart carts.html
    """
    from dagster_project.activation.results import report

    rows = report.look_up(Home.existing(home_path), scenario)
    if chart is not None:
        from dagster_project.activation.results import chart as drawing

        drawing.write(chart, rows)
    show(rows, as_json, lambda: report.print_results(rows))
