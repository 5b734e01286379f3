"""Rules over every scenario: consent, address, hold-out, send window, expiry, valid dates."""

import json
from datetime import timedelta

import pytest
from activation_shop import Shop, tokyo
from scenario_steps import thanks

from dagster_project.errors import ConfigurationError


def test_opted_out_customers_are_suppressed_and_the_next_step_takes_its_own_channel(shop: Shop) -> None:
    shop.scenarios = [thanks()]
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
    shop.scenarios = [thanks()]
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
    shop.scenarios = [thanks(steps=steps, send_window={"start": "00:00", "end": "24:00"})]
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
        thanks(
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
    shop.scenarios = [thanks(steps=[one])]
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
    shop.scenarios = [thanks(steps=[half_a_year])]
    shop.customer("anna")
    shop.order("anna", "2025-08-31 08:30")  # still 30 August in UTC
    shop.run("2026-02-27")
    assert shop.listed() == [("anna", "one", "email", "2026-02-28 09:00")]


def test_a_step_expires_when_due_more_than_the_limit_before_the_cut_off(shop: Shop) -> None:
    shop.scenarios = [thanks(expires_after={"hours": 12})]
    for name, at in (("late", "2026-01-05 10:59"), ("in_time", "2026-01-05 11:00")):
        shop.customer(name)
        shop.order(name, at)
    shop.run("2026-01-05")
    assert [row[0] for row in shop.listed()] == ["in_time"]
    assert shop.suppressed() == [("late", "one", "expired")]


def test_hold_outs_are_a_sticky_share_in_the_tables_and_never_in_the_list(shop: Shop) -> None:
    shop.scenarios = [thanks(holdout=0.3)]
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
    shop.scenarios = [thanks()]
    shop.customer("anna")
    shop.order("anna", "2026-01-05 12:00")
    shop.run("2026-01-05")
    assert shop.suppressed() == [("anna", "one", "holdout")]


def test_scenarios_hold_out_different_customers(shop: Shop) -> None:
    shop.scenarios = [thanks(holdout=0.5), thanks(id="other", holdout=0.5)]
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
    shop.scenarios = [thanks(valid_from="2026-01-05", valid_until="2026-01-05")]
    for name, at in (
        ("before", "2026-01-04 23:59"),
        ("within", "2026-01-05 00:00"),
        ("after", "2026-01-06 00:00"),
    ):
        shop.customer(name)
        shop.order(name, at)
    shop.run("2026-01-06")
    assert [row[0] for row in shop.listed()] == ["within"]


def test_a_faulty_setting_is_named(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIZUNA_DEFAULT_HOLDOUT", "ten percent")
    shop.scenarios = [thanks()]
    with pytest.raises(ConfigurationError, match="default_holdout"):
        shop.run("2026-01-05")
