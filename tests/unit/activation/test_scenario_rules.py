"""Rules over every scenario: consent, address, hold-out, send window, expiry, repetition, accounts."""

import json
from datetime import timedelta
from typing import Any

import pytest
from activation_shop import Shop, tokyo

from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.ledger import read_runs
from dagster_project.activation.scenarios.lists import commit, recover, scratch_folder
from dagster_project.activation.scenarios.reading import load_scenarios
from dagster_project.activation.scenarios.run import unaccounted
from dagster_project.errors import ConfigurationError


def scenario(**changes: Any) -> Scenario:
    """A scenario after the first order: at once by e-mail, and a day later by LINE; `changes` on top."""
    return Scenario.model_validate(
        {
            "id": "thanks",
            "description": "Thanks.",
            "cadence": "daily",
            "trigger": {"kind": "order"},
            "exits": ["purchase"],
            "steps": [
                {"step": "one", "delay": {"hours": 1}, "variants": [{"channel": "email", "content_id": "c"}]},
                {"step": "two", "delay": {"days": 1}, "variants": [{"channel": "line", "content_id": "c"}]},
            ],
            **changes,
        }
    )


def run_facts(shop: Shop) -> tuple[Any, ...]:
    tables = [
        shop.con.execute(f"select * from activation.{table} order by all").fetchall()
        for table in ("scenario_targets", "suppressions", "all_scenario_targets", "all_suppressions")
    ]
    files = {
        str(path.relative_to(shop.home.path)): path.read_bytes() for path in sorted(shop.home.targets.rglob("*.jsonl"))
    }
    return tables, files


def test_opted_out_customers_are_suppressed_and_the_next_step_takes_its_own_channel(shop: Shop) -> None:
    shop.scenarios = [scenario()]
    shop.customer("anna", consent="line")
    shop.customer("ben", consent="email", addresses="phone")
    for name in ("anna", "ben"):
        shop.order(name, "2026-01-05 12:00")
    shop.run("2026-01-05")
    assert shop.suppressed() == [("anna", "one", "consent"), ("ben", "one", "no_address")]
    shop.run("2026-01-06")
    assert shop.listed() == [("anna", "two", "line", "2026-01-07 09:00")]
    assert shop.suppressed() == [("ben", "two", "consent")]


def test_an_opt_out_between_trigger_and_step_takes_effect_in_the_same_run(shop: Shop) -> None:
    shop.scenarios = [scenario()]
    shop.customer("anna")
    shop.order("anna", "2026-01-05 12:00")
    shop.run("2026-01-05")
    shop.con.execute("update insights.customers set consent_line = false")
    shop.run("2026-01-06")
    assert shop.suppressed() == [("anna", "two", "consent")]


def test_channels_without_recorded_consent_are_silent_and_own_surfaces_are_not(shop: Shop) -> None:
    steps = [
        {"step": channel, "delay": {"hours": 1}, "variants": [{"channel": channel, "content_id": "c"}]}
        for channel in ("messenger", "phone", "web", "insert", "push", "dm")
    ]
    shop.scenarios = [scenario(steps=steps, send_window={"start": "00:00", "end": "24:00"})]
    shop.customer("anna", consent="dm", addresses="")
    shop.order("anna", "2026-01-05 12:00")
    shop.run("2026-01-05")
    assert [row[1] for row in shop.listed()] == ["web", "insert"]
    assert {row[1:] for row in shop.suppressed()} == {
        ("messenger", "consent"),
        ("phone", "consent"),
        ("push", "consent"),
        ("dm", "no_address"),
    }


@pytest.mark.parametrize(
    ("due", "sent"),
    [
        ("2026-01-06 08:59", "2026-01-06 09:00"),
        ("2026-01-06 09:00", "2026-01-06 09:00"),
        ("2026-01-06 19:59", "2026-01-06 19:59"),
        ("2026-01-06 20:00", "2026-01-07 09:00"),
        ("2026-01-06 23:30", "2026-01-07 09:00"),
        ("2026-01-05 21:00", "2026-01-06 09:00"),  # due before the cut-off: sent after it
    ],
)
def test_a_send_time_is_moved_into_the_window(shop: Shop, due: str, sent: str) -> None:
    shop.scenarios = [
        scenario(
            trigger={"kind": "trial_arrived"},
            steps=[{"step": "one", "delay": {"days": 1}, "variants": [{"channel": "email", "content_id": "c"}]}],
        )
    ]
    shop.customer("anna")
    arrived = (tokyo(due) - timedelta(days=1) + timedelta(hours=9)).strftime("%Y-%m-%d %H:%M")
    shop.order("anna", "2026-01-01 12:00", trial=True, delivered=arrived)
    shop.run("2026-01-05")
    assert shop.listed() == [("anna", "one", "email", sent)]


def test_a_daily_scenario_is_listed_up_to_the_end_of_the_day_after_and_no_further(shop: Shop) -> None:
    one = {"step": "one", "delay": {"days": 1}, "variants": [{"channel": "email", "content_id": "c"}]}
    shop.scenarios = [scenario(steps=[one])]
    for name, at in (("anna", "2026-01-05 23:59"), ("ben", "2026-01-06 00:00")):
        shop.customer(name)
        shop.order(name, at)
    shop.run("2026-01-05")
    assert [row[0] for row in shop.listed()] == ["anna"]
    shop.run("2026-01-06")
    assert [row[0] for row in shop.listed()] == ["ben"]


def test_calendar_months_are_clamped_in_tokyo(shop: Shop) -> None:
    half_a_year = {
        "step": "one",
        "delay": {"months": 6},
        "variants": [{"channel": "email", "content_id": "c"}],
    }
    shop.scenarios = [scenario(steps=[half_a_year])]
    shop.customer("anna")
    shop.order("anna", "2025-08-31 08:30")  # still 30 August in UTC
    shop.run("2026-02-27")
    assert shop.listed() == [("anna", "one", "email", "2026-02-28 09:00")]


def test_the_first_run_of_a_home_does_not_mail_the_past(shop: Shop) -> None:
    shop.scenarios = [scenario()]
    for name, at in (
        ("ancient", "2020-01-01 12:00"),
        ("old", "2026-01-02 12:00"),
        ("new", "2026-01-05 12:00"),
    ):
        shop.customer(name)
        shop.order(name, at)
    shop.run("2026-01-05")
    assert [row[0] for row in shop.listed()] == ["new"]
    assert shop.suppressed() == [("old", "one", "expired")]
    shop.run("2026-01-06")
    assert shop.suppressed() == []
    assert [row[:2] for row in shop.listed()] == [("new", "two")]


def test_a_step_expires_when_due_more_than_the_limit_before_the_cut_off(shop: Shop) -> None:
    shop.scenarios = [scenario(expires_after={"hours": 12})]
    for name, at in (("late", "2026-01-05 10:59"), ("in_time", "2026-01-05 11:00")):
        shop.customer(name)
        shop.order(name, at)
    shop.run("2026-01-05")
    assert [row[0] for row in shop.listed()] == ["in_time"]
    assert shop.suppressed() == [("late", "one", "expired")]


def test_what_fell_due_while_no_run_was_made_is_accounted_for(shop: Shop) -> None:
    shop.scenarios = [scenario()]
    shop.customer("anna")
    shop.run("2026-01-01")
    shop.order("anna", "2026-01-02 12:00")
    shop.run("2026-06-01")
    assert shop.suppressed() == [("anna", "one", "expired")]


def test_repeating_a_run_gives_the_same_and_the_next_lists_nothing_again(shop: Shop) -> None:
    shop.scenarios = [scenario(holdout=0.5)]
    for number in range(20):
        shop.customer(f"c{number:02d}", consent="email line" if number % 3 else "")
        shop.order(f"c{number:02d}", "2026-01-05 12:00")
    shop.run("2026-01-05")
    first = run_facts(shop)
    assert first[0][0] and first[0][1] and any(first[1].values())
    shop.run("2026-01-05")
    assert run_facts(shop) == first
    shop.run("2026-01-06")
    ids = "select count(*), count(distinct feed_row_id) from activation.all_scenario_targets"
    [(rows, distinct)] = shop.con.execute(ids).fetchall()
    assert rows == distinct
    assert len(read_runs(shop.home)) == 2


def test_an_hourly_run_after_midnight_and_the_daily_run_before_it_do_not_both_list(shop: Shop) -> None:
    shop.only("cart_abandonment", load_scenarios())
    shop.customer("anna")
    shop.cart("anna", "2026-01-05 21:30")
    shop.run("2026-01-06", hour=1)
    assert len(shop.listed()) == 1
    shop.run("2026-01-05")
    assert shop.listed() == [] and shop.suppressed() == []
    shop.run("2026-01-06", hour=1)  # repeated: its own row comes again, the same
    assert len(shop.listed()) == 1
    assert len(shop.listed("all_scenario_targets")) == 1


def test_a_backfill_decides_nothing_and_shows_what_that_day_left(shop: Shop) -> None:
    shop.scenarios = [scenario()]
    shop.customer("anna")
    shop.order("anna", "2026-01-05 12:00")
    shop.run("2026-01-05")
    shop.run("2026-01-06")
    before = run_facts(shop)[1]
    report = shop.prepare("2026-01-05", newest=False)
    assert not commit(shop.home, report.run_id)
    assert [row[1] for row in shop.listed()] == ["one"]
    assert len(shop.listed("all_scenario_targets")) == 2
    assert run_facts(shop)[1] == before


def test_hold_outs_are_a_sticky_share_in_the_tables_and_never_in_the_list(shop: Shop) -> None:
    shop.scenarios = [scenario(holdout=0.3)]
    for number in range(400):
        shop.customer(f"c{number:03d}")
        shop.order(f"c{number:03d}", "2026-01-05 12:00")
    held = []
    for day, step in (("2026-01-05", "one"), ("2026-01-06", "two")):
        report = shop.run(day)
        rows = shop.con.execute(
            "select customer_id from activation.scenario_targets where holdout order by 1"
        ).fetchall()
        held.append(rows)
        assert shop.suppressed() == [(name, step, "holdout") for (name,) in rows]
        lines = (shop.home.targets / "thanks" / f"{day}.jsonl").read_text().splitlines()
        listed = {json.loads(line)["customer_id"] for line in lines}
        assert len(listed) == 400 - len(rows) and not listed & {name for (name,) in rows}
        assert report.scenarios["thanks"].held_out == len(rows)
        assert report.scenarios["thanks"].triggered == 400
    assert held[0] == held[1]
    assert 0.3 * 400 - 37 < len(held[0]) < 0.3 * 400 + 37  # four standard deviations


def test_a_hold_out_of_all_scenarios_takes_everyone(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIZUNA_GLOBAL_HOLDOUT", "1")
    shop.scenarios = [scenario()]
    shop.customer("anna")
    shop.order("anna", "2026-01-05 12:00")
    shop.run("2026-01-05")
    assert shop.suppressed() == [("anna", "one", "holdout")]


def test_scenarios_hold_out_different_customers(shop: Shop) -> None:
    shop.scenarios = [scenario(holdout=0.5), scenario(id="other", holdout=0.5)]
    for number in range(40):
        shop.customer(f"c{number:02d}")
        shop.order(f"c{number:02d}", "2026-01-05 12:00")
    shop.run("2026-01-05")
    held = {
        name: set(
            shop.con.execute(
                "select customer_id from activation.scenario_targets where holdout and scenario_id = ?",
                [name],
            ).fetchall()
        )
        for name in ("thanks", "other")
    }
    assert held["thanks"] != held["other"]


def test_valid_dates_bound_the_day_of_the_trigger(shop: Shop) -> None:
    shop.scenarios = [scenario(valid_from="2026-01-05", valid_until="2026-01-05")]
    for name, at in (
        ("before", "2026-01-04 23:59"),
        ("within", "2026-01-05 00:00"),
        ("after", "2026-01-06 00:00"),
    ):
        shop.customer(name)
        shop.order(name, at)
    shop.run("2026-01-06")
    assert [row[0] for row in shop.listed()] == ["within"]


def test_an_account_that_does_not_come_out_even_is_named(shop: Shop) -> None:
    shop.scenarios = [scenario()]
    shop.customer("anna")
    shop.order("anna", "2026-01-05 12:00")
    shop.run("2026-01-05")
    assert unaccounted(shop.con) == []
    shop.con.execute("delete from activation.scenario_targets")
    assert unaccounted(shop.con) == ["thanks, step one: 1 triggered are not accounted for exactly once"]


def test_a_scenario_without_rows_leaves_an_empty_list(shop: Shop) -> None:
    shop.scenarios = [scenario()]
    shop.run("2026-01-05")
    assert (shop.home.targets / "thanks" / "2026-01-05.jsonl").read_text() == ""


def test_nothing_is_in_place_before_the_commit_and_a_commit_broken_off_is_finished(shop: Shop) -> None:
    shop.scenarios = [scenario()]
    shop.customer("anna")
    shop.order("anna", "2026-01-05 12:00")
    report = shop.prepare("2026-01-05")
    assert not list(shop.home.targets.rglob("*.jsonl")) and not read_runs(shop.home)
    assert recover(shop.home) == []
    (scratch_folder(shop.home, report.run_id) / "BEGUN").write_text("thanks")  # killed right after it began
    shop.prepare("2026-01-06")
    assert [run.run_id for run in read_runs(shop.home)] == ["2026-01-05"]
    assert len((shop.home.targets / "thanks" / "2026-01-05.jsonl").read_text().splitlines()) == 1
    assert [row[:2] for row in shop.listed()] == [("anna", "two")]


def test_unknown_contents_only_warn(shop: Shop) -> None:
    shop.scenarios = [scenario()]
    assert shop.run("2026-01-05").warnings == ["scenario thanks sends contents that source contents does not have: c"]


def test_a_faulty_setting_is_named(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIZUNA_DEFAULT_HOLDOUT", "ten percent")
    shop.scenarios = [scenario()]
    with pytest.raises(ConfigurationError, match="default_holdout"):
        shop.run("2026-01-05")
