"""An hour that runs twice sends nothing twice, takes nothing back, and adds what has come in between."""

from datetime import date, datetime

import pytest
from activation_shop import Shop

from dagster_project.activation.scenarios import lists
from dagster_project.activation.scenarios.ledger import run_id_of
from dagster_project.activation.scenarios.lists import commit
from dagster_project.activation.scenarios.reading import load_scenarios
from dagster_project.run_context import RunContext

FIRST = ("anna", "reminder_1", "email", "2026-01-05 13:00")


@pytest.fixture(autouse=True)
def cart_of_anna(shop: Shop) -> None:
    shop.only("cart_abandonment", load_scenarios())
    shop.customer("anna")
    shop.cart("anna", "2026-01-05 10:00")
    shop.run("2026-01-05", hour=13)
    assert shop.listed() == [FIRST]


def files(shop: Shop) -> dict[str, bytes]:
    return {
        str(file.relative_to(shop.home.path)): file.read_bytes()
        for part in (shop.home.targets, shop.home.ledger)
        for file in sorted(part.rglob("*"))
        if file.is_file()
    }


def test_without_news_every_file_stays_as_it_was(shop: Shop) -> None:
    before = files(shop)
    shop.run("2026-01-05", hour=13)
    assert files(shop) == before


def test_what_came_in_between_is_added_and_what_went_out_stands(shop: Shop) -> None:
    shop.con.execute("update insights.customers set consent_email = false")
    shop.customer("berta")
    shop.cart("berta", "2026-01-05 10:10")
    shop.run("2026-01-05", hour=13)
    assert shop.listed() == [FIRST, ("berta", "reminder_1", "email", "2026-01-05 13:10")]
    assert shop.suppressed() == []
    assert shop.listed("all_scenario_targets") == shop.listed()


def test_what_went_out_stands_also_of_a_scenario_that_there_is_no_more(shop: Shop) -> None:
    before = shop.listed("all_scenario_targets")
    shop.scenarios = []
    shop.run("2026-01-05", hour=13)
    assert shop.listed("all_scenario_targets") == before != []


def test_who_is_another_customer_by_now_is_not_sent_to_again(shop: Shop) -> None:
    shop.con.execute("update insights.customers set customer_id = 'anne'")
    shop.con.execute("update pii.person_attributes set customer_id = 'anne'")
    shop.con.execute("update core.touchpoints set customer_id = 'anne'")
    shop.con.execute("insert into identity.customer_aliases by name select 'anna' as alias_id, 'anne' as customer_id")
    shop.run("2026-01-05", hour=13)
    assert shop.listed() == [FIRST]
    shop.run("2026-01-05", hour=14)
    assert shop.listed("all_scenario_targets") == [FIRST]


def test_a_crash_before_the_commit_loses_nothing_and_sends_nothing_twice(shop: Shop) -> None:
    shop.customer("berta")
    shop.cart("berta", "2026-01-05 11:00")
    shop.prepare("2026-01-05", hour=14)  # and no commit: as if it had been killed
    shop.run("2026-01-05", hour=15)
    assert shop.listed() == [("berta", "reminder_1", "email", "2026-01-05 15:00")]
    assert [row[0] for row in shop.listed("all_scenario_targets")] == ["anna", "berta"]


def test_a_commit_that_was_broken_off_is_finished_by_the_next_run(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.customer("berta")
    shop.cart("berta", "2026-01-05 11:00")
    report = shop.prepare("2026-01-05", hour=14)
    moved, move = [], lists._move

    def breaks_off(source: object, target: object) -> None:
        if moved:
            raise KeyboardInterrupt
        moved.append(target)
        move(source, target)

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(lists, "_move", breaks_off)
        commit(shop.home, report.run_id)
    shop.run("2026-01-05", hour=15)
    assert shop.listed() == []
    assert [row[:2] for row in shop.listed("all_scenario_targets")] == [("anna", "reminder_1"), ("berta", "reminder_1")]
    assert (shop.home.targets / "cart_abandonment" / "2026-01-05T14.jsonl").exists()


def test_the_last_hour_of_a_day_is_not_its_first() -> None:
    first, last = datetime(2026, 1, 4, 15), datetime(2026, 1, 5, 15)
    assert [run_id_of(RunContext(date(2026, 1, 5), cut_off, is_hourly=True)) for cut_off in (first, last)] == [
        "2026-01-05T00",
        "2026-01-05T24",
    ]


def test_an_hour_sees_what_earlier_runs_suppressed_without_a_copy_of_it(shop: Shop) -> None:
    withheld = [("anna", "reminder_2", "consent")]
    shop.con.execute("update insights.customers set consent_line = false")
    shop.run("2026-01-08", hour=14)
    assert shop.suppressed() == shop.suppressed("all_suppressions") == withheld
    for hour in (
        15,
        None,
        16,
    ):  # a daily run between two hours keeps what it read, and an hour reads the files all the same
        shop.run("2026-01-08", hour=hour)
        assert shop.suppressed() == []  # decided once
        assert shop.suppressed("all_suppressions") == withheld
        kinds = dict(shop.con.execute("select table_name, table_type from information_schema.tables").fetchall())
        assert (kinds["ledger_suppressions"], kinds["all_suppressions"]) == ("VIEW", "VIEW")
        assert ("kept_suppressions" in kinds) == (hour != 15)
