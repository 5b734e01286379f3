"""The commands about one customer: card, path, why. What they do is imported late: help should not wait."""

from pathlib import Path

import click

from dagster_project.command_shape import home_option, show
from dagster_project.home import Home


@click.command()
@click.argument("who")
@home_option
def card(who: str, home_path: Path, as_json: bool) -> None:
    """Show one customer: WHO is a customer_id or kind:value."""
    from dagster_project.customer import card as found_card

    found = found_card.look_up(Home.open(home_path), who)
    show(found, as_json, lambda: found_card.print_card(found))


@click.command()
@click.argument("a")
@click.argument("b")
@click.option(
    "--without",
    "without_edge",
    metavar="EDGE",
    help="Also show what would be if EDGE were not: a step's number in the chain, or KIND:HASH-KIND:HASH.",
)
@home_option
def path(a: str, b: str, without_edge: str | None, home_path: Path, as_json: bool) -> None:
    """Show why A and B are one person, or why they are not. Each is a customer_id, an older one too, or kind:value.

    Prints the chain of evidence between the two, step by step: identifiers by kind and hash, the rule, file and line
    of the first row that shows it, when that was, and how many rows do. Where they are not one person, the chain that
    would link them, and what blocks it. No value is ever printed.

    \b
    kizuna path member_id:M0000001 card_no:C0000001
    kizuna path c0123456789abcdef01234567 email:taro@example.jp
    kizuna path member_id:M0000001 card_no:C0000001 --without 2
    kizuna path member_id:M0000001 card_no:C0000001 --without card_no:1f2e3d4c-phone:5b6a7988

    The exit status is 0 where there is an answer, also "not one person"; 2 where A, B or EDGE is unknown.
    """
    from dagster_project.customer import path as found_path

    found = found_path.path(Home.open(home_path), a, b, without_edge)
    show(found, as_json, lambda: found_path.print_path(found))


@click.command()
@click.argument("feed_row_id")
@home_option
def why(feed_row_id: str, home_path: Path, as_json: bool) -> None:
    """Show why a feed row was made, back to its rows in the sources."""
    from dagster_project.customer import why as found_why

    found = found_why.why(Home.open(home_path), feed_row_id)
    show(found, as_json, lambda: found_why.print_why(found))
