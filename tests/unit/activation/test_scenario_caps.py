"""How much one person is sent, over all scenarios and runs: caps, who gives way, and that all are accounted for."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from activation_shop import Shop, open_database
from hypothesis import given, settings
from hypothesis import strategies as st
from scenario_steps import merged, scenario, step

from dagster_project.activation.scenarios.decide import cap
from dagster_project.activation.scenarios.ledger import COLUMNS
from dagster_project.activation.scenarios.run import unaccounted
from dagster_project.activation.statements import execute

EVERY = {"kind": "order", "every": True}
TOKYO = timedelta(hours=9)
MIDNIGHT = datetime(2026, 1, 5) - TOKYO
# (channels, messages, days or hours)
CAPS: list[tuple[str, tuple[str, ...], int, dict[str, int]]] = [
    ("mail_day", ("email",), 1, {"days": 1}),
    ("mail_two_days", ("email",), 2, {"days": 3}),
    ("chat_hours", ("line",), 1, {"hours": 7}),
    ("all_hours", ("email", "line"), 3, {"hours": 30}),
]
Message = tuple[int, str, int, int]  # run, channel, hour of sending, priority
MESSAGES = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["email", "line", "web"]), st.integers(0, 80), st.integers(1, 3)),
    max_size=24,
)


def within(first: datetime, second: datetime, span: dict[str, int]) -> bool:
    """Whether a window of the cap that begins with the first holds the second."""
    if "days" in span:
        return 0 <= ((second + TOKYO).date() - (first + TOKYO).date()).days < span["days"]
    return timedelta(0) <= second - first < timedelta(**span)


def is_exceeded(sent: list[tuple[str, datetime]]) -> bool:
    """Whether any window of any cap holds more than it may; counted message by message."""
    return any(
        sum(within(first, at, span) for at in times) > most
        for _, channels, most, span in CAPS
        for times in [[at for channel, at in sent if channel in channels]]
        for first in times
    )


@pytest.fixture(scope="module")
def caps() -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables of one run, and the caps above."""
    con = open_database()
    for name in ("rule_tables", "tables"):
        execute(con, f"scenarios/{name}")
    columns = f"{COLUMNS['scenario_steps']}, run_no integer, is_earlier boolean"
    con.execute(f"create table activation.ledger_scenario_steps ({columns})")
    con.execute("create table activation.persons_since (alias_id varchar, customer_id varchar, until_on date)")
    for cap_id, channels, most, span in CAPS:
        [(unit, length)] = span.items()
        for channel in channels:
            con.execute(
                f"insert into activation.cap_channels values (?, ?, ?, ?, to_{unit}(cast(? as integer)))",
                [cap_id, channel, most, unit == "days", length],
            )
    yield con
    con.close()


def accept(
    con: duckdb.DuckDBPyConnection, messages: list[Message], run: int
) -> dict[int, tuple[str | None, str | None]]:
    """What one run does with its messages, numbered by their place: (reason or None, winner)."""
    for table in ("candidates", "counted_messages", "cap_outcomes"):
        con.execute(f"delete from activation.{table}")
    rows = [
        (f"s{priority}", f"n{number}", f"k{number}", "anna", MIDNIGHT + timedelta(hours=hour), channel, priority)
        for number, (of_run, channel, hour, priority) in enumerate(messages)
        if of_run == run
    ]
    if rows:
        con.executemany(
            "insert into activation.candidates (scenario_id, step, match_key, customer_id, send_at, channel, priority,"
            " is_transactional) values (?, ?, ?, ?, ?, ?, ?, false)",
            rows,
        )
    cap(con)
    return {
        int(key[1:]): (reason, winner)
        for key, reason, winner in con.execute(
            "select candidates.match_key, outcomes.suppression, outcomes.winner"
            " from activation.candidates as candidates left join activation.cap_outcomes as outcomes"
            " on candidates.match_key = outcomes.match_key"
        ).fetchall()
    }


def remember(con: duckdb.DuckDBPyConnection, messages: list[Message], numbers: list[int]) -> None:
    for number in numbers:
        _, channel, hour, priority = messages[number]
        con.execute(
            "insert into activation.ledger_scenario_steps (as_of, feed_row_id, scenario_id, customer_id, channel,"
            " send_at, holdout, is_earlier) values ('2026-01-05', ?, ?, 'anna', ?, ?, false, true)",
            [f"f{number}", f"s{priority}", channel, MIDNIGHT + timedelta(hours=hour)],
        )


@settings(max_examples=12, deadline=None)
@given(messages=MESSAGES)
def test_no_window_of_any_cap_is_ever_exceeded_and_nothing_is_held_back_that_would_fit(
    caps: duckdb.DuckDBPyConnection, messages: list[Message]
) -> None:
    caps.execute("delete from activation.ledger_scenario_steps")
    sent: list[tuple[str, datetime]] = []
    for run in range(4):
        found = accept(caps, messages, run)
        kept = [number for number, (reason, _) in found.items() if reason is None]
        sent += [(messages[number][1], MIDNIGHT + timedelta(hours=messages[number][2])) for number in kept]
        assert not is_exceeded(sent)
        for number, (reason, winner) in found.items():
            _, channel, hour, priority = messages[number]
            if reason is not None:
                assert is_exceeded([*sent, (channel, MIDNIGHT + timedelta(hours=hour))])
            assert (winner is not None) == (reason == "priority")
            assert winner is None or int(winner[1:]) > priority
        remember(caps, messages, kept)


def test_the_scenario_of_higher_priority_wins_and_the_loser_is_recorded_with_the_winner(shop: Shop) -> None:
    shop.scenarios = [scenario(EVERY, id=f"s{priority}", priority=priority) for priority in (1, 2, 3)]
    shop.customer("anna")
    shop.order("anna", "2026-01-05 10:00")
    shop.run("2026-01-05")
    assert [
        row[0] for row in shop.con.execute("select scenario_id from activation.scenario_targets order by 1").fetchall()
    ] == [
        "s2",
        "s3",
    ]
    reasons = "select scenario_id, reason, winner, detail from activation.suppressions"
    assert shop.con.execute(reasons).fetchall() == [("s1", "priority", "s3", "mail_day")]
    shop.order("anna", "2026-01-06 00:30")
    shop.scenarios = [scenario(EVERY, id="s9", priority=9)]
    shop.run("2026-01-06", hour=2)  # not of hourly cadence: nothing
    shop.scenarios = [scenario(EVERY, id="s9", priority=9, cadence="hourly")]
    shop.run("2026-01-06", hour=3)
    # What is listed is listed: a later run finds the day full, whatever its priority.
    assert set(shop.con.execute(reasons).fetchall()) == {("s9", "frequency_cap", None, "mail_day")}


def test_messages_of_merged_persons_count_together(shop: Shop) -> None:
    shop.scenarios = [scenario(EVERY)]
    for name in ("anna", "ben"):
        shop.customer(name)
        shop.order(name, "2026-01-05 10:00")
    shop.run("2026-01-05")
    merged(shop, "anna", "ben")
    shop.order("ben", "2026-01-06 10:00")
    shop.scenarios = [scenario(EVERY, cadence="hourly")]
    shop.run("2026-01-06", hour=11)
    assert shop.suppressed() == [("ben", "one", "frequency_cap")]


def test_an_hour_that_runs_again_counts_what_it_has_sent_before_whoever_comes_first_now(shop: Shop) -> None:
    hourly = {"cadence": "hourly"}
    shop.scenarios = [scenario(EVERY, step(channel="line"), id="low", **hourly)]
    shop.customer("anna")
    shop.order("anna", "2026-01-05 10:00")
    shop.run("2026-01-05", hour=11)
    shop.scenarios.append(scenario(EVERY, step(channel="line"), id="high", priority=9, **hourly))
    shop.run("2026-01-05", hour=11)
    rows = "select scenario_id from activation.all_scenario_targets where not holdout"
    assert shop.con.execute(rows).fetchall() == [("low",)]
    assert shop.con.execute("select scenario_id, reason from activation.all_suppressions").fetchall() == [
        ("high", "frequency_cap")
    ]


def test_a_message_that_has_expired_takes_nobodys_place(shop: Shop) -> None:
    shop.scenarios = [
        scenario(EVERY, id="old", priority=9, expires_after={"hours": 1}),
        scenario(EVERY, step(), step("two")),
    ]
    shop.customer("anna")
    shop.order("anna", "2026-01-05 10:00")
    shop.run("2026-01-05")
    assert [row[1] for row in shop.listed()] == ["one", "two"]
    assert shop.suppressed() == [("anna", "one", "expired")]


def random_shop(shop: Shop, seed: int) -> list[Any]:
    """Sixty customers with up to five orders in three days, and five scenarios that want to write about each."""
    draw = random.Random(seed)
    for number in range(60):
        shop.customer(f"c{number:02d}", consent=draw.choice(["email line", "email", "line", "email line sms"]))
        for _ in range(draw.randint(0, 5)):
            shop.order(
                f"c{number:02d}",
                f"2026-01-{draw.randint(5, 7):02d} {draw.randint(0, 23):02d}:{draw.randint(0, 59):02d}",
            )
    two = (step("one", {"hours": 2}), step("two", {"hours": 9}, channel="line"))
    return [
        scenario(EVERY, *two, id="cart", priority=5, cadence="hourly", holdout=0.2),
        scenario(EVERY, *two, id="care", priority=3),
        scenario(EVERY, step(channel="line"), id="chat", priority=3, holdout=0.1),
        scenario(EVERY, step(), step("two", {"days": 1}), id="low", exits=["purchase"]),
        scenario(EVERY, step(), id="receipt", is_transactional=True, cadence="hourly"),
    ]


def facts(shop: Shop) -> list[Any]:
    return [
        shop.con.execute(f"select * exclude (run_id) from activation.{table} order by all").fetchall()
        for table in ("all_scenario_targets", "all_suppressions")
    ]


def test_over_daily_and_hourly_runs_caps_hold_all_are_accounted_for_and_order_and_repetition_change_nothing(
    shop: Shop, tmp_path: Any
) -> None:
    shop.scenarios = random_shop(shop, 3)
    other = Shop(shop.con.cursor(), type(shop.home).open(tmp_path / "other"), list(reversed(shop.scenarios)))
    runs: list[tuple[str, int | None]] = [
        ("2026-01-05", 14),
        ("2026-01-05", None),
        ("2026-01-06", 9),
        ("2026-01-06", None),
    ]
    found = []
    for day, hour in runs:
        shop.run(day, hour)
        assert unaccounted(shop.con) == []
        found.append(facts(shop))
    for (day, hour), first in zip(runs[-2:], found[-2:], strict=True):
        shop.run(day, hour)  # repeated, with later runs in the ledger: its own rows come again, the same
        assert facts(shop) == found[-1] and first
    last = found[-1]
    for day, hour in runs:
        other.run(day, hour)
    assert facts(other) == last
    targets, suppressed = last
    rows = shop.con.execute(
        "select customer_id, scenario_id, channel, send_at from activation.all_scenario_targets where not holdout"
    ).fetchall()
    marketing = [row for row in rows if row[1] != "receipt"]
    days = Counter((name, channel, (at + TOKYO).date()) for name, _, channel, at in marketing)
    assert max(count for (_, channel, _), count in days.items() if channel == "email") == 2
    assert max(count for (_, channel, _), count in days.items() if channel == "line") == 1
    assert max(Counter((name, (at + TOKYO).date()) for name, _, _, at in marketing).values()) <= 3
    reasons = Counter((row[1], row[5]) for row in suppressed)
    assert reasons["low", "priority"] and reasons["chat", "frequency_cap"] and reasons["cart", "holdout"]
    assert not {reason for name, reason in reasons if name == "receipt"} & {"priority", "frequency_cap", "holdout"}
    ids = [row[1] for row in targets]
    assert len(set(ids)) == len(ids)
