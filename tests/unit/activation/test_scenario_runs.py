"""One run after another: the first of a home, repeated ones, backfills, accounts, commits that break off."""

from typing import Any

from activation_shop import Shop
from scenario_steps import thanks

from dagster_project.activation.scenarios.ledger import read_runs
from dagster_project.activation.scenarios.lists import commit, recover, scratch_folder
from dagster_project.activation.scenarios.reading import load_scenarios
from dagster_project.activation.scenarios.run import unaccounted
from dagster_project.privacy import steps


def run_facts(shop: Shop) -> tuple[Any, ...]:
    tables = [
        shop.con.execute(f"select * from activation.{table} order by all").fetchall()
        for table in ("scenario_targets", "suppressions", "all_scenario_targets", "all_suppressions")
    ]
    files = {
        str(path.relative_to(shop.home.path)): path.read_bytes() for path in sorted(shop.home.targets.rglob("*.jsonl"))
    }
    return tables, files


def test_the_first_run_of_a_home_does_not_mail_the_past(shop: Shop) -> None:
    shop.scenarios = [thanks()]
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


def test_what_fell_due_while_no_run_was_made_is_accounted_for(shop: Shop) -> None:
    shop.scenarios = [thanks()]
    shop.customer("anna")
    shop.run("2026-01-01")
    shop.order("anna", "2026-01-02 12:00")
    shop.run("2026-06-01")
    assert shop.suppressed() == [("anna", "one", "expired")]


def test_what_has_no_step_left_to_be_decided_is_let_go(shop: Shop) -> None:
    shop.scenarios = [thanks()]
    for name, at in (("ended", "2026-01-02 12:00"), ("under way", "2026-01-05 12:00")):
        shop.customer(name)
        shop.order(name, at)
    left = []
    for day in ("2026-01-05", "2026-01-06", "2026-01-07"):
        shop.run(day)
        left.append(shop.con.execute("select customer_id from activation.triggers order by all").fetchall())
    assert left == [[("ended",), ("under way",)], [("under way",)], []]


def test_a_chain_is_let_go_until_its_next_step_falls_due(shop: Shop) -> None:
    shop.scenarios = load_scenarios()
    shop.only("first_purchase_follow_up", shop.scenarios)  # a week after the order, and 23 days after that message
    shop.customer("anna")
    shop.order("anna", "2026-01-05 12:00")
    told: list[str] = []
    for day in (
        *(f"2026-01-{number:02d}" for number in range(5, 32)),
        "2026-02-01",
        "2026-02-02",
        "2026-02-03",
        "2026-02-04",
    ):
        shop.run(day)
        triggers = shop.con.execute("select count(*) from activation.triggers").fetchall()
        told += [row[1] for row in shop.listed()]
        assert triggers == [(len(shop.listed()),)]
    assert told == ["use", "repeat"]


def test_daily_runs_keep_what_they_read_of_the_ledger_and_read_anew_what_has_changed(shop: Shop) -> None:
    shop.scenarios = [thanks()]
    for name in ("anna", "berta"):
        shop.customer(name)
        shop.order(name, "2026-01-05 12:00")
    kept = "select customer_id, run_id from activation.kept_scenario_steps order by all"
    found = []
    for day in ("2026-01-05", "2026-01-06", "2026-01-07"):
        shop.run(day)
        found.append(shop.con.execute(kept).fetchall())
    first = [("anna", "2026-01-05"), ("berta", "2026-01-05")]
    assert found == [[], first, sorted([*first, ("anna", "2026-01-06"), ("berta", "2026-01-06")])]
    before = run_facts(shop)
    # A stop may come anywhere between what is kept and what stands in the ledger.
    shop.con.execute("delete from activation.kept_scenario_steps where run_id = '2026-01-06'")
    shop.con.execute("drop table activation.kept_suppressions")
    shop.run("2026-01-07")
    assert run_facts(shop) == before
    steps.forget(shop.home, ["anna"])
    shop.run("2026-01-08")
    assert {row[0] for row in shop.con.execute(kept).fetchall()} == {"berta"}
    assert {row[0] for row in shop.suppressed("all_suppressions")} == {"anna"}


def test_repeating_a_run_gives_the_same_and_the_next_lists_nothing_again(shop: Shop) -> None:
    shop.scenarios = [thanks(holdout=0.5)]
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
    shop.scenarios = [thanks()]
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


def test_an_account_that_does_not_come_out_even_is_named(shop: Shop) -> None:
    shop.scenarios = [thanks()]
    shop.customer("anna")
    shop.order("anna", "2026-01-05 12:00")
    shop.run("2026-01-05")
    assert unaccounted(shop.con) == []
    shop.con.execute("delete from activation.scenario_targets")
    assert unaccounted(shop.con) == ["thanks, step one: 1 triggered are not accounted for exactly once"]


def test_a_scenario_without_rows_leaves_an_empty_list(shop: Shop) -> None:
    shop.scenarios = [thanks()]
    shop.run("2026-01-05")
    assert (shop.home.targets / "thanks" / "2026-01-05.jsonl").read_text() == ""


def test_nothing_is_in_place_before_the_commit_and_a_commit_broken_off_is_finished(shop: Shop) -> None:
    shop.scenarios = [thanks()]
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


def test_who_is_erased_after_a_commit_broke_off_is_erased_from_what_it_lists(shop: Shop) -> None:
    shop.scenarios = [thanks()]
    shop.customer("anna")
    shop.order("anna", "2026-01-05 12:00")
    report = shop.prepare("2026-01-05")
    (scratch_folder(shop.home, report.run_id) / "BEGUN").write_text("thanks")
    assert steps.forget(shop.home, ["anna"]) == 1
    shop.prepare("2026-01-06")
    ledger = shop.home.ledger
    assert shop.con.execute(f"from '{ledger}/scenario_steps/2026-01-05.parquet'").fetchall() == []
    reasons = f"select customer_id, reason from '{ledger}/suppressions/2026-01-05.parquet'"
    assert shop.con.execute(reasons).fetchall() == [("anna", "erased")]


def test_what_a_stopped_run_prepared_does_not_outlive_the_next(shop: Shop) -> None:
    shop.scenarios = [thanks()]
    shop.customer("anna")
    shop.order("anna", "2026-01-05 12:00")
    stopped = shop.prepare("2026-01-05", hour=14)
    assert scratch_folder(shop.home, stopped.run_id).is_dir()
    shop.prepare("2026-01-05", hour=15)
    assert [folder.name for folder in (shop.home.scratch / "activation").iterdir()] == ["2026-01-05T15"]
