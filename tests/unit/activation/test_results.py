"""Results of scenarios: who was assigned, which message is whose, what counts as conversion, and what may be said."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from results_shop import MONDAY, Ledger

from dagster_project.activation.scenarios.reading import load_scenarios
from dagster_project.gates.plain import judge
from dagster_project.gates.suites import load_suites

DAY = timedelta(days=1)


@pytest.fixture
def ledger() -> Ledger:
    """An empty ledger; a figure needs two customers on either side."""
    return Ledger()


def test_a_customer_counts_once_by_the_first_time(ledger: Ledger) -> None:
    for number in range(3):
        ledger.listed("again", MONDAY + number * 10 * DAY, trigger=f"t{number}")
    ledger.listed("held", holdout=True)
    ledger.order("again", MONDAY + 25 * DAY)
    row = ledger.results()["one"]
    assert (row["assigned"], row["control"], row["listed"], row["converted"]) == (1, 1, 3, 0)
    ledger.order("again", MONDAY + 13 * DAY)
    ledger.order("again", MONDAY + 13.5 * DAY)
    assert ledger.results()["one"]["converted"] == 1


def test_whom_a_cap_or_a_higher_priority_stopped_stays_on_the_side_of_the_treated(ledger: Ledger) -> None:
    ledger.listed("sent")
    ledger.suppressed("capped", "frequency_cap")
    ledger.suppressed("lost", "priority")
    for reason in ("purchased", "consent", "no_address", "erased", "quality", "holdout"):
        ledger.suppressed(f"not assigned: {reason}", reason)
    for name in ("held", "held too"):
        ledger.listed(name, holdout=True)
    ledger.order("capped", MONDAY + DAY)
    row = ledger.results()["one"]
    assert (row["assigned"], row["compared"], row["control"]) == (3, 3, 2)
    assert row["lift"] == pytest.approx(1 / 3)


def test_what_had_expired_when_it_was_looked_at_is_compared_on_neither_side(ledger: Ledger) -> None:
    ledger.listed("sent")
    ledger.suppressed("old", "expired")
    ledger.listed("held", holdout=True)
    ledger.listed("held, old", holdout=True, late=True)
    for name in ("old", "held, old"):
        ledger.order(name, MONDAY + DAY)
    row = ledger.results()["one"]
    assert (row["assigned"], row["late"], row["compared"]) == (2, 1, 1)
    assert (row["control"], row["control_late"], row["compared_control"]) == (2, 1, 1)
    assert (row["converted"], row["compared_converted"], row["conversion_rate"]) == (1, 0, 0)
    # Later it comes in time: from then on the customer is compared.
    ledger.listed("old", MONDAY + 20 * DAY, trigger="t2")
    row = ledger.results()["one"]
    assert (row["assigned"], row["late"], row["compared"]) == (2, 0, 2)


@pytest.mark.parametrize(
    ("after", "counts"),
    [(-timedelta(seconds=1), 0), (timedelta(0), 1), (14 * DAY - timedelta(seconds=1), 1), (14 * DAY, 0)],
)
def test_an_order_counts_from_the_send_time_to_the_windows_end(ledger: Ledger, after: timedelta, counts: int) -> None:
    ledger.listed("sent")
    ledger.order("sent", MONDAY + after)
    assert ledger.results()["one"]["converted"] == counts


def test_what_does_not_count_as_an_order_is_no_conversion_but_returns_are_taken_off(ledger: Ledger) -> None:
    ledger.listed("sent")
    ledger.listed("brought back")
    ledger.order("sent", MONDAY + DAY, 700, counted=False)
    ledger.order("brought back", MONDAY + DAY, 1000)
    ledger.order("brought back", MONDAY + 2 * DAY, -400, counted=False)
    row = ledger.results()["one"]
    assert (row["converted"], row["revenue"]) == (1, Decimal(1300))


def test_nothing_after_the_end_of_the_day_is_known(ledger: Ledger) -> None:
    row_id = ledger.listed("sent")
    ledger.listed("held", holdout=True)
    ledger.listed("sent later", MONDAY + 9 * DAY)
    ledger.order("sent", MONDAY + 5 * DAY)
    ledger.event("sent", "m1", MONDAY, row=row_id)
    ledger.event("opened", "m1", MONDAY + 5 * DAY, row=row_id)
    row = ledger.results(MONDAY + 4 * DAY)["one"]
    assert (row["assigned"], row["waiting"], row["control_waiting"], row["converted"]) == (1, 1, 1, 0)
    assert (row["sent"], row["opened"]) == (1, 0)
    assert (row["is_mature"], row["lift"], row["verdict"]) == (False, None, "immature")
    row = ledger.results(MONDAY + 6 * DAY)["one"]
    assert (row["converted"], row["compared_converted"], row["opened"]) == (1, 0, 1)
    assert ledger.results(MONDAY + 14 * DAY)["one"]["is_mature"]


def test_an_event_is_joined_by_its_row_by_its_message_or_by_the_customer(ledger: Ledger) -> None:
    rows = {name: ledger.listed(name) for name in ("by row", "by message", "by customer", "silent")}
    ledger.listed("held", holdout=True)
    ledger.event("sent", "m1", row=rows["by row"])
    ledger.event("opened", "m1", row=rows["by row"])
    ledger.event("sent", "m2", row=rows["by message"])
    ledger.event("clicked", "m2")
    # The tool sends a little early, and names the scenario in its first event alone.
    ledger.event("sent", "m3", MONDAY - timedelta(hours=1), customer="by customer", scenario="s", step="one")
    ledger.event("opened", "m3", MONDAY + DAY)
    ledger.event("unsubscribed", "m3", MONDAY + DAY, customer="by customer")
    for strange in (
        {"customer": "by customer", "scenario": "s", "step": "two"},
        {"customer": "nobody's", "scenario": "s", "step": "one"},
        {"customer": "silent", "scenario": "newsletter", "step": "one"},
        {"row": "of another home"},
        {"customer": "held", "scenario": "s", "step": "one"},
    ):
        ledger.event("sent", f"strange {strange}", **strange)
    row = ledger.results()["one"]
    assert (row["listed"], row["sent"], row["opened"], row["clicked"], row["unsubscribed"]) == (4, 3, 2, 1, 1)
    assert row["open_rate"] == pytest.approx(2 / 3)


def test_a_message_id_of_a_whole_campaign_leads_nobody_to_anothers_row(ledger: Ledger) -> None:
    rows = [ledger.listed(name) for name in ("a", "b")]
    for name, row in zip("ab", rows, strict=True):
        ledger.event("sent", "campaign", customer=name, row=row)
    ledger.event("opened", "campaign", MONDAY + DAY, customer="b")
    ledger.event("opened", "campaign", MONDAY + DAY, customer="somebody else")
    ledger.event("clicked", "campaign", MONDAY + DAY)
    row = ledger.results()["one"]
    assert (row["sent"], row["opened"], row["clicked"]) == (2, 1, 0)
    alone = Ledger()
    alone.event("sent", "campaign", customer="a", row=alone.listed("a"))
    alone.event("opened", "campaign", MONDAY + DAY, customer="somebody else")
    assert alone.results()["one"]["opened"] == 0


def test_of_several_listed_rows_the_newest_before_the_message_is_meant(ledger: Ledger) -> None:
    ledger.listed("again", trigger="t1", cost=1)
    ledger.listed("again", MONDAY + 10 * DAY, trigger="t2", cost=100)
    ledger.event("sent", "m1", MONDAY + timedelta(hours=1), customer="again", scenario="s", step="one")
    assert ledger.results()["one"]["cost"] == 1
    ledger.event("sent", "m2", MONDAY + 10 * DAY, customer="again", scenario="s", step="one")
    assert ledger.results()["one"]["cost"] == 101


def test_the_row_that_a_message_names_goes_before_the_customers_newest(ledger: Ledger) -> None:
    row = ledger.listed("twice", trigger="t1", cost=1)
    ledger.listed("twice", trigger="t2", cost=100)
    ledger.event("sent", "m1", row=row)
    ledger.event("opened", "m1", MONDAY + DAY, customer="twice", scenario="s", step="one")
    found = ledger.results()["one"]
    assert (found["sent"], found["opened"], found["cost"]) == (1, 1, 1)


def test_revenue_iroas_and_added_sales_are_those_of_the_formulas(ledger: Ledger) -> None:
    """nT = 4 with 2 buyers of 3,000 and 5,000; nC = 2 with 1 buyer of 1,000; four messages at 10 yen."""
    for name in "abcd":
        ledger.event("sent", f"m-{name}", row=ledger.listed(name))
    for name in "xy":
        ledger.listed(name, holdout=True)
    for name, amount in (("a", 3000), ("b", 5000), ("x", 1000)):
        ledger.order(name, MONDAY + DAY, amount)
    # A second trigger's message falls out of the days that are compared, and so does its cost.
    ledger.event("sent", "m-again", MONDAY + 20 * DAY, row=ledger.listed("a", MONDAY + 20 * DAY, trigger="t2"))
    row = ledger.results()["one"]
    assert (row["cost"], row["compared_cost"]) == (50, 40)
    assert (row["conversion_rate"], row["control_rate"], row["lift"]) == (0.5, 0.5, 0)
    assert row["revenue_difference"] == Decimal(8000 - 1000 * 2)
    assert row["iroas"] == pytest.approx(6000 / 40)
    assert row["iroas_low"] < row["iroas"] < row["iroas_high"]
    assert (row["added_buyers"], row["added_sales"]) == (0, 0)
    ledger.order("c", MONDAY + DAY, 1000)
    row = ledger.results()["one"]
    assert row["lift"] == 0.25
    assert row["spend_per_buyer"] == Decimal(3000)
    assert (row["added_buyers"], row["added_sales"]) == (1, Decimal(3000))


def test_without_a_cost_there_is_no_iroas(ledger: Ledger) -> None:
    for name in "ab":
        ledger.event("sent", f"m-{name}", row=ledger.listed(name, cost=None))
        ledger.listed(f"held {name}", holdout=True)
    row = ledger.results()["one"]
    assert (row["sent"], row["cost"], row["iroas"]) == (2, None, None)


def test_too_few_carry_no_figure(ledger: Ledger) -> None:
    for number in range(10):
        ledger.listed(f"sent {number}")
        ledger.order(f"sent {number}", MONDAY + DAY)
    alone = ledger.results()["one"]
    assert (alone["verdict"], alone["lift"], alone["is_conclusive"]) == ("nobody to compare", None, False)
    for number in range(5):
        ledger.listed(f"held {number}", holdout=True)
    few = ledger.results(scenario_min_customers="6")["one"]
    assert few["verdict"] == "too few"
    assert not few["is_conclusive"]
    figures = ("lift", "ci_low", "ci_high", "revenue_difference", "iroas", "added_buyers", "added_sales")
    assert {few[name] for name in figures} == {None}
    for number in range(5, 20):
        ledger.listed(f"held {number}", holdout=True)
    assert ledger.results(scenario_min_customers="11")["one"]["verdict"] == "too few"
    enough = ledger.results(scenario_min_customers="10")["one"]
    assert (enough["verdict"], enough["is_conclusive"], enough["lift"]) == ("higher", True, 1)


def test_merged_customers_are_one_and_who_is_gone_stays(ledger: Ledger) -> None:
    ledger.listed("older")
    ledger.listed("younger", MONDAY + DAY)
    ledger.listed("gone")
    ledger.con.execute("insert into identity.customer_aliases values ('younger', 'older'), ('gone', null)")
    ledger.order("older", MONDAY + 2 * DAY)
    ledger.event("opened", "m", MONDAY + 2 * DAY, customer="older", scenario="s", step="one")
    row = ledger.results()["one"]
    assert (row["assigned"], row["listed"], row["converted"], row["opened"]) == (2, 3, 1, 1)


def test_a_later_step_is_an_association_and_never_conclusive(ledger: Ledger) -> None:
    """The first message sells; whom it moved leaves, and the second looks harmful to those who are left."""
    for number in range(200):
        holdout = number % 2 == 0
        ledger.listed(f"c{number}", holdout=holdout)
        is_ready = number % 10 < 6
        if is_ready and not holdout:
            ledger.order(f"c{number}", MONDAY + DAY)
            continue
        ledger.listed(f"c{number}", MONDAY + 3 * DAY, step="two", holdout=holdout)
        if is_ready:
            ledger.order(f"c{number}", MONDAY + 5 * DAY)
    ledger.listed("late buyer", step="two")
    rows = ledger.results(MONDAY + 90 * DAY, scenario_outcome_days="2")
    assert (rows["one"]["claim"], rows["one"]["verdict"], rows["one"]["is_conclusive"]) == ("effect", "higher", True)
    assert (rows["two"]["claim"], rows["two"]["verdict"]) == ("association", "open")
    rows = ledger.results(MONDAY + 90 * DAY, scenario_outcome_days="3")
    assert (rows["two"]["verdict"], rows["two"]["is_conclusive"]) == ("lower", False)


def test_a_scenario_as_a_whole_counts_each_customer_once_over_all_steps(ledger: Ledger) -> None:
    [cart] = [one for one in load_scenarios() if one.id == "cart_abandonment"]
    first, second = cart.steps[0].step, cart.steps[1].step
    for name in ("a", "b"):
        ledger.listed(name, step=first, scenario=cart.id)
        ledger.listed(f"held {name}", step=first, scenario=cart.id, holdout=True)
    ledger.event("sent", "m", MONDAY + 3 * DAY, row=ledger.listed("a", MONDAY + 3 * DAY, second, cart.id))
    ledger.listed("by line alone", MONDAY + 3 * DAY, second, cart.id)
    ledger.order("a", MONDAY + 20 * DAY)
    rows = ledger.results(scenarios=[cart])
    assert {step: row["converted"] for step, row in rows.items()} == {first: 0, second: 0}
    [row] = ledger.results(scenarios=[cart], table="scenario_totals").values()
    # From the first reminder to the last are 10 days, and then come the 14 of a step.
    assert (row["window_days"], row["claim"]) == (24, "effect")
    assert (row["assigned"], row["control"], row["listed"], row["sent"], row["converted"]) == (3, 2, 4, 1, 1)
    assert row["compared_cost"] == 10


def test_a_backfill_sees_the_runs_up_to_its_day(ledger: Ledger) -> None:
    ledger.listed("before", MONDAY)
    ledger.listed("after", MONDAY + 3 * DAY)
    assert ledger.results(MONDAY + 2 * DAY)["one"]["assigned"] == 1
    ledger.listed("ahead", MONDAY + 2 * DAY, run=date(2026, 1, 6))
    row = ledger.results(MONDAY + 2 * DAY)["one"]
    assert (row["assigned"], row["waiting"], row["last_assigned_on"]) == (2, 2, date(2026, 1, 7))


@pytest.mark.parametrize(
    ("doctored", "broken"),
    [
        ("assigned = assigned + 1", "Everyone assigned"),
        ("control_waiting = 1", "Everyone assigned"),
        ("compared_converted = compared + 1", "Everyone assigned"),
        ("opened = sent + 1", "No more messages"),
        ("sent = listed + 1", "No more messages"),
        ("lift = ci_high + 0.01", "A lift lies"),
        ("claim = 'association'", "A lift lies"),
    ],
)
def test_the_gate_of_results_passes_what_was_counted_and_stops_what_was_not(
    ledger: Ledger, doctored: str, broken: str
) -> None:
    for number in range(40):
        row = ledger.listed(f"c{number}", holdout=number % 2 == 0)
        if number % 2:
            ledger.event("opened", f"m{number}", MONDAY + DAY, row=row)
            ledger.order(f"c{number}", MONDAY + DAY)
    assert ledger.results()["one"]["is_conclusive"]
    [suite] = [suite for suite in load_suites("activation") if suite.table == "scenario_results"]
    assert [verdict.description for verdict in judge(ledger.con, suite) if not verdict.passed] == []
    ledger.con.execute(f"update activation.scenario_results set {doctored}")
    [told] = [verdict.description for verdict in judge(ledger.con, suite) if not verdict.passed]
    assert told.startswith(broken)
