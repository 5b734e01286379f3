"""`kizuna audience` and `kizuna conditions`: what a person sees, and what ships with the product."""

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from audience_shop import AudienceShop, utc
from click.testing import CliRunner, Result

from dagster_project.activation.audiences.checking import check_library
from dagster_project.activation.audiences.library import library_of, read_library
from dagster_project.activation.audiences.measuring import nobody
from dagster_project.activation.audiences.report import empty_audiences
from dagster_project.activation.audiences.schema import Schema
from dagster_project.cli import cli
from dagster_project.home import Home
from dagster_project.project import seeds
from dagster_project.publish.empty_marts import empty_marts

Run = Callable[..., Result]
AUDIENCE = """
id: big_spenders
description: Spent 1000 yen or more, and viewed a product lately.
audience:
  - net_sales: {at_least: 1000}
  - acts: {action: product_view, within: {days: 30}}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that published 31 March: three customers."""
    home = Home.open(tmp_path_factory.mktemp("audiences"))
    shop = AudienceShop.empty()
    for name, net_sales in [("c1", 1000), ("c2", 2000), ("c3", 0)]:
        shop.customer(name, net_sales=Decimal(net_sales), gender="female", member_ids=[f"secret-{name}"])
    for name, day in [("c1", 20), ("c2", 25), ("c3", 25)]:
        shop.act(name, f"2026-03-{day} 10:00", "product_view", product_id="P11")
    shop.con.execute(f"attach '{home.published}' as published")
    shop.con.execute("create schema published.marts")
    for (mart,) in shop.con.execute(
        "select table_name from duckdb_tables() where schema_name = 'marts' and database_name = 'memory'"
    ).fetchall():
        shop.con.execute(f"create table published.marts.{mart} as select * from marts.{mart}")
    shop.con.close()
    (home.ledger / "runs").mkdir()
    (home.ledger / "runs" / "2026-03-31.json").write_text("{}")
    return home


@pytest.fixture
def run(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command line in a folder that holds big_spenders.yml."""
    (tmp_path / "big_spenders.yml").write_text(AUDIENCE)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(cli, [*arguments, "--home", str(home.path)])


def test_an_audience_is_counted(run: Run) -> None:
    told = run("audience", "big_spenders.yml")
    assert told.exit_code == 0
    assert told.stdout.splitlines() == [
        "big_spenders: Spent 1000 yen or more, and viewed a product lately.",
        "as of 2026-03-31: 2 of 3 customers (66.7%)",
    ]
    assert run("audience", "big_spenders.yml", "--count").stdout == "2\n"


def test_a_sample_is_customer_ids_and_nothing_else(run: Run) -> None:
    assert sorted(run("audience", "big_spenders.yml", "--sample", "5").stdout.split()) == ["c1", "c2"]
    assert len(run("audience", "big_spenders.yml", "--sample", "1").stdout.split()) == 1


def test_each_part_is_explained_with_the_sql(run: Run) -> None:
    told = run("audience", "big_spenders.yml", "--explain").stdout
    assert [line.split(maxsplit=2) for line in told.splitlines()[5:7]] == [
        ["2", "2", "{net_sales: {at_least: 1000}}"],
        ["3", "2", "{acts: {action: product_view, within: {days: 30}}}"],
    ]
    assert 'FROM "marts"."touchpoints"' in told
    assert "secret" not in told


def test_an_audience_for_machines(run: Run) -> None:
    told = json.loads(run("audience", "big_spenders.yml", "--json", "--sample", "2").stdout)
    assert (told["audience"], told["as_of"], told["customers"], told["of"]) == ("big_spenders", "2026-03-31", 2, 3)
    assert sorted(told["sample"]) == ["c1", "c2"]


def test_an_audience_that_matches_nobody_is_named(run: Run) -> None:
    Path("none.yml").write_text(
        "id: none\ndescription: None.\naudience:\n  acts: {product_id: [P11, P99]}\n  orders: 9\n"
    )
    told = run("audience", "none.yml")
    assert told.exit_code == 0
    assert told.stderr.splitlines() == [
        "kizuna: warning: the audience none matches nobody",
        "kizuna: warning: none.yml:4: no act has the product_id `P99`",
    ]


def test_named_audiences_that_match_nobody_are_named_by_doctor(home: Home, tmp_path: Path) -> None:
    (tmp_path / "audiences").mkdir()
    for name, audience in [("some", "{net_sales: 1000}"), ("none", "{orders: 9}"), ("other", "{visits: 1}")]:
        file = tmp_path / "audiences" / f"{name}.yml"
        file.write_text(f"id: {name}\ndescription: Some.\naudience: {audience}\n")
    library = read_library(tmp_path)
    assert empty_audiences(home, library) == (date(2026, 3, 31), ["none"])  # of `other` this home has no column
    assert empty_audiences(Home(tmp_path / "new"), library) == (None, [])


@pytest.mark.parametrize(
    ("audience", "message"),
    [
        ("{orders: {at_lest: 1}}", "bad.yml:3: unknown comparison `at_lest` (did you mean `at_least`?)"),
        ("{ordrs: 1}", "bad.yml:3: unknown attribute `ordrs` (did you mean `orders`?)"),
        ("{acts: {since: trigger}}", "bad.yml:3: a named audience knows no moment of a scenario"),
        ("{external: {name: skin, is: dry}}", "bad.yml:3: the attribute `skin` is not published"),
    ],
)
def test_a_faulty_audience_is_wrong_configuration(run: Run, audience: str, message: str) -> None:
    Path("bad.yml").write_text(f"id: bad\ndescription: Bad.\naudience: {audience}\n")
    told = run("audience", "bad.yml")
    assert told.exit_code == 2
    assert message in told.stderr


def test_wrong_use_says_what_there_is(run: Run, tmp_path: Path) -> None:
    unknown = run("audience", "gift_giver")
    assert (unknown.exit_code, "did you mean `gift_givers`?" in unknown.stderr) == (2, True)
    assert run("audience", "big_spenders.yml", "--as-of", "2026-03-30").exit_code == 2
    nowhere = CliRunner().invoke(cli, ["audience", "big_spenders.yml", "--home", str(tmp_path / "new")])
    assert (nowhere.exit_code, "there is no home here" in nowhere.stderr) == (2, True)


def test_ready_conditions_are_listed_with_meaning_and_example(run: Run) -> None:
    told = json.loads(run("conditions", "--json").stdout)
    assert len(told) >= 50
    assert all(one["meaning"] and one["example"] for one in told)
    cart = run("conditions", "cart").stdout
    assert "left_cart: Something lies in the cart." in cart
    assert "rf_cell" not in cart


def test_what_ships_is_sound_and_compiles() -> None:
    """Every named audience and every example of a ready condition, run on marts as their contracts declare them."""
    with empty_marts() as con:
        assert check_library(con, seeds()) == []
        library = read_library(seeds())
        conditions = {one.id: one.condition for one in library.named()} | library.examples
        assert len(library.examples) == len(library.ready) >= 50
        assert nobody(con, conditions, Schema.of(con, datetime(2026, 3, 31, 15))) == list(conditions)


def test_a_ready_condition_must_not_hide_a_column(tmp_path: Path) -> None:
    (tmp_path / "conditions.yml").write_text(
        "- {name: orders, group: g, meaning: m, takes: [n], condition: {visits: $n}, example: {orders: 3}}\n"
        "- {name: x, group: g, meaning: m, condition: {colour: red}, example: x}\n"
    )
    assert library_of(tmp_path).faults == []
    with empty_marts() as con:
        faults = check_library(con, tmp_path)
    assert [fault.message for fault in faults] == [
        "the ready condition `orders` hides the column of that name of customers",
        "unknown attribute `colour`",
    ]


def test_a_published_day_is_read_from_its_files(home: Home, run: Run) -> None:
    shop = AudienceShop.empty()
    shop.customer("c9", net_sales=Decimal(5000))
    shop.act("c9", utc("2026-02-27 10:00"), "product_view")
    folder = home.marts / "2026-02-28"
    folder.mkdir(parents=True)
    for mart in ("customers", "touchpoints"):
        shop.con.execute(f"copy marts.{mart} to '{folder / mart}.parquet'")
    assert "as of 2026-02-28: 1 of 1 customers" in run("audience", "big_spenders.yml", "--as-of", "2026-02-28").stdout
