"""The commands about deliveries. What they do is imported late: help should not wait."""

from dataclasses import asdict
from pathlib import Path

import click

from dagster_project.command_shape import Group, home_option, show
from dagster_project.home import Home


@click.group(cls=Group, invoke_without_command=True)
@home_option
@click.pass_context
def landing(context: click.Context, home_path: Path, as_json: bool) -> None:
    """What was landed (`kizuna landing` lists it), and taking a delivery back."""
    if context.invoked_subcommand is None:
        _list_landed(home_path, as_json)
    else:
        # Options may stand before the subcommand as well as after it.
        given = {
            name: value
            for name, value in {"home_path": home_path, "as_json": as_json}.items()
            if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        }
        context.default_map = {context.invoked_subcommand: given}


@landing.command("list")
@home_option
def landing_list(home_path: Path, as_json: bool) -> None:
    """List every landed file."""
    _list_landed(home_path, as_json)


def _list_landed(home_path: Path, as_json: bool) -> None:
    from dagster_project.landing.deliveries import list_files
    from dagster_project.summary import print_table

    files = [asdict(file) for file in list_files(Home.existing(home_path))]
    show(files, as_json, lambda: print_table(files, "no file was landed yet: kizuna run"))


@landing.command()
@click.argument("file_id")
@home_option
def withdraw(file_id: str, home_path: Path, as_json: bool) -> None:
    """Take the rows of FILE_ID out, from the next run on."""
    from dagster_project.landing.deliveries import withdraw as take_back

    home = Home.existing(home_path)
    with home.lock("landing withdraw"):
        entry = asdict(take_back(home, file_id))
    show(
        {"withdrawn": entry},
        as_json,
        lambda: click.echo(f"{entry['file_id']} ({entry['name']}) is withdrawn; the next run leaves its rows out"),
    )


@landing.command()
@click.argument("file_id")
@home_option
def restore(file_id: str, home_path: Path, as_json: bool) -> None:
    """Undo a withdrawal."""
    from dagster_project.landing.deliveries import restore as put_back

    home = Home.existing(home_path)
    with home.lock("landing restore"):
        entry = asdict(put_back(home, file_id))
    show(
        {"restored": entry},
        as_json,
        lambda: click.echo(f"{entry['file_id']} ({entry['name']}) is back; the next run reads its rows"),
    )
