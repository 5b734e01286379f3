"""Target lists, suppressions and feeds of hand-made sources over a few days, by daily and hourly runs."""

import csv
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dagster_project.home import Home
from dagster_project.publish.reader import connect_day
from tests.pipeline import handmade_activation as made
from tests.pipeline.handmade import open_shop

REMINDER_1 = ("cart_abandonment", "reminder_1")
COLUMNS = (
    "user_id,customer_id,gender,age_band,prefecture,member_rank,rf_segment,frequency,net_sales,first_order_on,"
    "last_order_on,favourite_brand_id,favourite_category,price_band,visits,score_product,score_lifestyle,"
    "score_lifestance,badge_ids,consents"
)

pytestmark = pytest.mark.timeout(3600)  # the first test waits for all six runs


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[made.Days]:
    """27 February, noon of the 28th twice, the 28th with a file withdrawn, 3 March, and the 27th once more."""
    before = os.environ.get("KIZUNA_DEFAULT_HOLDOUT")
    os.environ["KIZUNA_DEFAULT_HOLDOUT"] = "0.3"
    try:
        shop = open_shop(tmp_path_factory.mktemp("activation"), made.shop())
        days = made.Days(shop)
        shop.run(made.FIRST)
        days.members = dict(shop.query("select customer_id, member_ids[1] from marts.customers"))
        days.keep("first")
        for name in ("noon", "noon again"):
            days.hourly[name] = json.loads(shop.kizuna("activate", "--at", made.NOON, "--json").stdout)
            days.keep(name)
        for feed in ("customers", "scenario_targets"):
            days.hourly[feed] = json.loads(shop.kizuna("sync", feed, "--dry-run", "--json").stdout)
        [leaving] = [
            file
            for file in json.loads(shop.kizuna("landing", "list", "--json").stdout)
            if file["name"] == "leaving.csv"
        ]
        shop.kizuna("landing", "withdraw", leaving["file_id"])
        shop.run(made.SECOND)
        days.keep("second")
        shop.run(made.LAST)
        days.keep("last")
        shop.run(made.FIRST)
        days.keep("backfill")
        yield days
    finally:
        os.environ.pop("KIZUNA_DEFAULT_HOLDOUT")
        if before is not None:
            os.environ["KIZUNA_DEFAULT_HOLDOUT"] = before


def rows_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(text) for text in file.read_text(encoding="utf-8").splitlines()]


def test_the_first_run_lists_what_is_due_and_does_not_mail_the_past(days: made.Days) -> None:
    own = days.targets(made.FIRST, "cart_abandonment")
    assert {key: sent for key, sent in own.items() if key[0] not in made.OLD} == {
        (member, "reminder_1"): ("email", "2026-02-28 00:00") for member in ("k-recent", "k-recent-bought")
    }
    # Who is held out is so for that reason, which stands before expiry; nobody is to be sent an old reminder.
    held = {member for member, _ in own if member in made.OLD}
    assert days.reasons(made.FIRST, "cart_abandonment") == dict.fromkeys(set(made.OLD) - held, "expired")
    listed = rows_of(days.shop.home / "targets" / "cart_abandonment" / f"{made.FIRST}.jsonl")
    assert {days.members[row["customer_id"]] for row in listed} <= {"k-recent", "k-recent-bought"}


def test_birthdays_are_greeted_at_nine_on_the_day(days: made.Days) -> None:
    at = ("email", "2026-02-28 00:00")
    assert days.targets(made.FIRST, "birthday") == {("k-born-28", "greeting"): at, ("k-born-29", "greeting"): at}
    assert days.targets(made.SECOND, "birthday") == {("k-born-march", "greeting"): ("email", "2026-03-01 00:00")}


def test_trials_are_followed_up_from_the_day_they_arrived(days: made.Days) -> None:
    assert days.targets(made.FIRST, "trial_follow_up") == {
        ("k-trial", "arrived_3_days"): ("email", "2026-02-28 03:00"),
        ("k-trial-dm", "arrived_3_days"): ("dm", "2026-02-28 03:00"),
    }
    assert days.reasons(made.FIRST, "trial_follow_up") == {"k-trial-bought": "purchased"}


def test_first_purchases_are_followed_up_until_the_second(days: made.Days) -> None:
    assert days.targets(made.FIRST, "first_purchase_follow_up")["k-first", "use"] == ("email", "2026-02-28 01:00")
    assert days.reasons(made.FIRST, "first_purchase_follow_up") == {"k-second": "purchased"}


def test_the_hourly_run_lists_carts_of_three_hours(days: made.Days) -> None:
    own = days.targets(made.SECOND, "cart_abandonment")
    # Due at noon itself, and a quarter past: the run looks an hour ahead. A refunded order ends no cart.
    assert {member for (member, _), sent in own.items() if sent == ("email", "2026-02-28 03:00")} == {
        "k-in-again",
        "k-refunded",
    }
    assert {member for (member, _), sent in own.items() if sent == ("email", "2026-02-28 03:15")} == set(made.CROWD)
    assert own["k-three-hours", "reminder_1"] == ("email", "2026-02-28 03:30")
    reasons = days.reasons(made.SECOND, "cart_abandonment")
    assert reasons == {
        "k-bought": "purchased",
        "k-emptied": "cart_emptied",
        "k-silent": "consent",
        "k-no-address": "no_address",
        "k-opted-out": "consent",
        "k-unsubscribed": "consent",
        "k-complained": "consent",
    }


def test_the_daily_run_lists_what_hourly_runs_did_not(days: made.Days) -> None:
    own = days.targets(made.SECOND, "cart_abandonment")
    morning = ("email", "2026-03-01 00:00")
    assert {member for (member, _), sent in own.items() if sent == morning} == {"k-not-yet", "k-evening"}


def test_the_second_reminder_counts_from_the_first_and_goes_by_another_channel(days: made.Days) -> None:
    own = days.targets(made.LAST, "cart_abandonment")
    assert {step for _, step in own} == {"reminder_2"}
    assert own["k-recent", "reminder_2"] == own["k-three-hours", "reminder_2"] == ("line", "2026-03-04 00:00")
    # Sent at nine on 1 March, so due on the 4th at nine: after the hour that this run looks ahead.
    assert ("k-evening", "reminder_2") not in own
    assert days.reasons(made.LAST, "cart_abandonment") == {"k-recent-bought": "purchased"}


def test_no_step_is_listed_twice_and_hold_outs_are_accounted_for(days: made.Days) -> None:
    rows = days.shop.query(
        "select scenario_id, step, customer_id, trigger, holdout, feed_row_id from marts.scenario_targets"
    )
    assert max(Counter(row[:4] for row in rows).values()) == 1
    assert len({row[5] for row in rows}) == len(rows)
    held = Counter(row[:4] for row in rows if row[4])
    suppressed = Counter(
        days.shop.query(
            "select scenario_id, step, customer_id, trigger from marts.suppressions where reason = 'holdout'"
        )
    )
    assert held == suppressed
    assert 0 < len(held) < len(rows)
    by_scenario: dict[tuple[str, str], set[bool]] = {}
    for scenario, _, customer, _, holdout, _ in rows:
        by_scenario.setdefault((scenario, customer), set()).add(holdout)
    assert all(len(said) == 1 for said in by_scenario.values())
    accounts = Counter(row[:4] for row in rows if not row[4]) + Counter(
        days.shop.query("select scenario_id, step, customer_id, trigger from marts.suppressions")
    )
    assert set(accounts.values()) == {1}
    known = {
        "erased",
        "quality",
        "purchased",
        "cart_emptied",
        "consent",
        "no_address",
        "holdout",
        "priority",
        "frequency_cap",
        "expired",
    }
    assert {row[0] for row in days.shop.query("select distinct reason from marts.suppressions")} <= known


def test_lists_hold_the_rows_to_send_and_no_hold_out(days: made.Days) -> None:
    targets = days.shop.home / "targets"
    listed = {row["feed_row_id"] for file in targets.rglob("*.jsonl") for row in rows_of(file)}
    assert listed == {
        row[0] for row in days.shop.query("select feed_row_id from marts.scenario_targets where not holdout")
    }
    noon = rows_of(targets / "cart_abandonment" / "2026-02-28T12.jsonl")
    assert noon
    assert {(row["scenario_id"], row["step"], row["as_of"], row["product_id"]) for row in noon} == {
        (*REMINDER_1, "2026-02-28", "p1")
    }
    assert set(noon[0]) >= {"feed_row_id", "customer_id", "channel", "send_at", "content_id", "reason", "rule_version"}
    assert not list((targets / "birthday").glob("*T*"))
    assert "@" not in (targets / "cart_abandonment" / "2026-02-28T12.jsonl").read_text()


def test_the_hourly_run_leaves_the_marts_and_its_repetition_changes_nothing(days: made.Days) -> None:
    first, noon = days.files["first"], days.files["noon"]
    assert {name: digest for name, digest in noon.items() if name.startswith("marts")} == {
        name: digest for name, digest in first.items() if name.startswith("marts")
    }
    assert set(noon) - set(first)
    assert days.files["noon again"] == noon
    assert days.hourly["noon"]["lists"]["cart_abandonment"] == len(
        rows_of(days.shop.home / "targets" / "cart_abandonment" / "2026-02-28T12.jsonl")
    )
    assert [feed["feed"] for feed in days.hourly["noon"]["feeds"]] == ["scenario_targets"]
    assert days.hourly["noon again"]["feeds"] == []


# Three customers refused e-mails that morning: their consents are news for the receiver.
@pytest.mark.parametrize(("feed", "changed"), [("customers", 3), ("scenario_targets", 0)])
def test_a_sync_by_hand_after_an_hourly_run_finds_nothing_to_take_back(
    days: made.Days, feed: str, changed: int
) -> None:
    counts = days.hourly[feed]["counts"]
    assert counts["unchanged"] > 0
    assert (counts["added"], counts["changed"], counts["removed"]) == (0, changed, 0)


def test_a_backfill_writes_its_days_parquet_and_nothing_else(days: made.Days) -> None:
    last, backfill = days.files["last"], days.files["backfill"]
    changed = {name for name in last.keys() | backfill.keys() if last.get(name) != backfill.get(name)}
    assert changed
    assert all(name.startswith(f"marts/{made.FIRST}/") for name in changed)
    with connect_day(Home(days.shop.home), made.FIRST) as con:
        assert con.execute(
            "select count(*), max(ordered_at) < timestamp '2026-02-27 15:00:00' from marts.orders"
        ).fetchall()[0][1]


def test_the_customers_feed_is_one_row_per_member_in_the_contracts_columns(days: made.Days) -> None:
    manifests = days.shop.manifests("customers")
    first = manifests[0]
    assert ",".join(column["name"] for column in first["columns"]) == COLUMNS
    assert {"feed_id", "sync_id", "as_of", "mode", "columns", "counts", "files", "previous_sync_id"} <= set(first)
    assert (first["feed_id"], first["mode"], first["as_of"], first["previous_sync_id"]) == (
        "customers",
        "mirror",
        str(made.FIRST),
        None,
    )
    assert first["counts"] == {"added": len(days.members), "changed": 0, "removed": 0, "unchanged": 0, "held_back": 0}
    folder = days.shop.home / "feeds" / "customers" / first["sync_id"]
    [data] = first["files"]
    content = (folder / data["name"]).read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (data["bytes"], data["sha256"])
    assert not content.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in content
    rows = list(csv.DictReader(content.decode().splitlines()))
    assert len(rows) == data["rows"] == len(days.members)
    assert {row["user_id"] for row in rows} == set(days.members.values())
    assert {days.members[row["customer_id"]] for row in rows} == {row["user_id"] for row in rows}
    by_id = {row["user_id"]: row for row in rows}
    assert by_id["k-first"]["first_order_on"] == "2026-02-21"
    assert by_id["k-silent"]["consents"] == "dm|line|push|sms"
    assert re.fullmatch(r"[0-9TZ_-]+", first["sync_id"])


def test_syncs_follow_one_another_and_carry_deletions(days: made.Days) -> None:
    manifests = days.shop.manifests("customers")
    assert [one["previous_sync_id"] for one in manifests] == [None, *(one["sync_id"] for one in manifests[:-1])]
    removed = [one for one in manifests if one["counts"]["removed"]]
    assert len(removed) == 1
    [one] = removed
    assert (one["as_of"], one["counts"]["removed"]) == (str(made.SECOND), 1)
    [deletes] = [file for file in one["files"] if file["name"].startswith("deletes")]
    text = (days.shop.home / "feeds" / "customers" / one["sync_id"] / deletes["name"]).read_text()
    assert text.splitlines() == ["user_id", "k-leaves"]
    for one in manifests:
        assert sum(one["counts"][what] for what in ("added", "changed", "removed")) > 0


def test_the_targets_feed_carries_each_row_to_send_once(days: made.Days) -> None:
    sent: Counter[str] = Counter()
    for one in days.shop.manifests("scenario_targets"):
        assert one["mode"] == "upsert"
        for file in one["files"]:
            text = (days.shop.home / "feeds" / "scenario_targets" / one["sync_id"] / file["name"]).read_text()
            rows = list(csv.DictReader(text.splitlines()))
            sent.update(row["feed_row_id"] for row in rows)
            assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row["send_at"]) for row in rows)
    assert set(sent) == {
        row[0] for row in days.shop.query("select feed_row_id from marts.scenario_targets where not holdout")
    }
    assert set(sent.values()) == {1}


def test_why_leads_from_a_feed_row_to_the_rows_in_the_sources(days: made.Days) -> None:
    noon = rows_of(days.shop.home / "targets" / "cart_abandonment" / "2026-02-28T12.jsonl")
    [row] = [row for row in noon if days.members[row["customer_id"]] == made.CROWD[0]] or noon[:1]
    member = days.members[row["customer_id"]]
    found = json.loads(days.shop.kizuna("why", row["feed_row_id"], "--json").stdout)
    assert found["target"]["customer_id"] == row["customer_id"]
    [add] = [act for act in found["acts"] if act["action"] == "add_to_cart"]
    assert add["source_key"] == f"add-{member}".replace("k-in-again", "in-again")
    assert (add["file"], add["line_no"] > 1) == ("01.csv", True)
