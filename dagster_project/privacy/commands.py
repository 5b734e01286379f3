"""The command about erasures. What it does is imported late: help should not wait."""

from pathlib import Path
from typing import Any

import click

from dagster_project.command_shape import home_option, show
from dagster_project.home import Home


@click.command()
@click.option("--rewrite", is_flag=True, help="Write the database files anew now, where an erasure waits for it.")
@home_option
def erasures(rewrite: bool, home_path: Path, as_json: bool) -> None:
    """List the erasures: how much was erased and when, and when it had left freed space of the database files, too."""
    from dagster_project.privacy import freed_space
    from dagster_project.summary import print_table

    home = Home.existing(home_path)
    if rewrite:
        with home.lock("erasures --rewrite"):
            was_written = freed_space.compact(home)
        click.echo("written anew" if was_written else "nothing waits: the files stay as they are", err=True)
    found, waits = _listed(home), freed_space.waiting(home)

    def tell() -> None:
        print_table(found, "nobody was erased yet")
        if waits is not None:
            click.echo(str(waits))

    show({"erasures": found, "rewrite_due_on": waits.due_on if waits else None}, as_json, tell)


def _listed(home: Home) -> list[dict[str, Any]]:
    from dagster_project.privacy import record

    return [
        {
            "erasure": each.erasure_id,
            "as_of": each.as_of,
            "requests": len(each.requests),
            "rows": sum(each.rows.values()),
            **{step: each.done.get(step) for step in record.STEPS},
        }
        for each in record.read_all(home)
    ]
