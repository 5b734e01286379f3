"""The commands about one customer: card, path, why. What they do is imported late: help should not wait."""

from pathlib import Path

import click

from dagster_project.command_shape import home_option, show
from dagster_project.home import Home


@click.command()
@click.argument("who")
@home_option
def card(who: str, home_path: Path, as_json: bool) -> None:
    """Show one customer as shop staff need him before a visit: WHO is a customer_id or kind:value.

    \b
    kizuna card member_id:M0000001
    kizuna card card_no:C0000001 --json
    """
    from dagster_project.customer import card as found_card
    from dagster_project.customer.card_text import print_card

    found = found_card.look_up(Home.existing(home_path), who)
    show(found, as_json, lambda: print_card(found))


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

    found = found_path.path(Home.existing(home_path), a, b, without_edge)
    show(found, as_json, lambda: found_path.print_path(found))


@click.command()
@click.argument("row_or_customer")
@click.option("--suppressed", is_flag=True, help="Show what was not sent to a customer, and why.")
@click.option("--scenario", "scenario_id", help="With --suppressed: of this scenario alone.")
@home_option
def why(row_or_customer: str, suppressed: bool, scenario_id: str | None, home_path: Path, as_json: bool) -> None:
    """Show why a feed row was made: rule and version, what it asked, marts, acts, files and lines.

    \b
    kizuna why 0123456789abcdef0123456789abcdef
    kizuna why member_id:M0000001 --suppressed --scenario cart_abandonment
    """
    from dagster_project.customer import why as found_why
    from dagster_project.customer import why_text

    home = Home.existing(home_path)
    if suppressed:
        rows = found_why.why_not(home, row_or_customer, scenario_id)
        show(rows, as_json, lambda: why_text.print_suppressed(rows))
    else:
        found = found_why.why(home, row_or_customer)
        show(found, as_json, lambda: why_text.print_why(found))
