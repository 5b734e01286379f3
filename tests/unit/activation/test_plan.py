"""The plan: what runs of the days to come list, if nobody does anything meanwhile; and nothing of it is kept."""

import re
from datetime import date, timedelta

import pytest
from activation_shop import Shop

from dagster_project.activation.plan import chart, report
from dagster_project.activation.plan.forecast import Forecast, foresee
from dagster_project.activation.scenarios.declaration import Scenario
from dagster_project.activation.scenarios.reading import load_scenarios

AS_OF = date(2026, 3, 1)
DAYS = 9
TWO_STEPS = Scenario.model_validate(
    {
        "id": "two_steps",
        "description": "Two days after the first order, and three days after that.",
        "cadence": "daily",
        "trigger": {"kind": "order", "nth": 1},
        "holdout": 0,
        "steps": [
            {"step": "first", "delay": {"days": 2}, "variants": [{"channel": "email", "content_id": "c1"}]},
            {"step": "second", "delay": {"days": 3}, "variants": [{"channel": "line", "content_id": "c2"}]},
        ],
    }
)


@pytest.fixture
def planned(shop: Shop) -> Shop:
    """A birthday, an order of the day, one who agreed to nothing; run as of AS_OF."""
    [birthday] = [one for one in load_scenarios() if one.id == "birthday"]
    shop.scenarios = [birthday.model_copy(update={"holdout": 0.0}), TWO_STEPS]
    shop.customer("anna", born="1990-03-08")
    shop.customer("beate", born="1985-05-01")
    shop.customer("clara", born="1985-03-05", consent="")
    shop.order("beate", "2026-03-01 12:00")
    shop.run(str(AS_OF))
    return shop


def plan(shop: Shop, days: int = DAYS, scenario_id: str | None = None) -> Forecast:
    assert shop.scenarios is not None
    return foresee(shop.con, shop.home, shop.scenarios, AS_OF, days, scenario_id)


def test_a_plan_is_what_the_runs_of_those_days_list(planned: Shop) -> None:
    foreseen = {(row["day"], row["scenario_id"], row["step"], row["channel"]) for row in plan(planned).messages}
    for number in range(1, DAYS):
        planned.run(str(AS_OF + timedelta(days=number)))
    listed = planned.con.execute(
        "select cast(send_at + interval 9 hours as date), scenario_id, step, channel"
        " from activation.all_scenario_targets where as_of > ?",
        [AS_OF],
    ).fetchall()
    assert foreseen == set(listed)
    assert {row[2] for row in listed} == {"greeting", "first", "second"}


def test_what_is_listed_already_is_not_planned_again_and_nothing_is_kept(planned: Shop) -> None:
    planned.run("2026-03-02")
    tables = "select table_name, estimated_size from duckdb_tables() where schema_name = 'activation' order by all"
    before = planned.con.execute(tables).fetchall(), planned.listed("all_scenario_targets")
    files = sorted(str(file) for file in planned.home.path.rglob("*"))
    first, again = plan(planned), plan(planned)
    assert first == again
    assert (planned.con.execute(tables).fetchall(), planned.listed("all_scenario_targets")) == before
    assert sorted(str(file) for file in planned.home.path.rglob("*")) == files


def test_the_funnel_tells_whom_each_reason_leaves_out(planned: Shop) -> None:
    [birthday] = plan(planned, scenario_id="birthday").funnel
    assert birthday["due"] == 2
    assert birthday["consent"] == 1  # clara
    assert birthday["due"] == sum(
        value for name, value in birthday.items() if name not in ("scenario_id", "step", "due")
    )


def test_messages_are_counted_by_week_or_month_and_none_is_lost(planned: Shop) -> None:
    for days, columns in ((14, ["03-02", "03-09"]), (45, ["2026-03", "2026-04"])):
        found = plan(planned, days)
        rows = report.by_period(found)
        assert [name for name in rows[0] if re.match(r"[0-9]", name)] == columns
        assert sum(row["messages"] for row in rows) == sum(row["messages"] for row in found.messages) > 0


def test_the_chart_has_a_bar_for_each_day_and_channel(planned: Shop) -> None:
    found = plan(planned)
    bars = {(row["day"], row["channel"]) for row in found.messages}
    channels = {channel for _, channel in bars}
    assert chart.draw(found).count("<rect") == len(bars) + len(channels)


def test_the_lines_of_the_chart_stand_where_bars_of_so_many_end() -> None:
    sent = [
        {"day": date(2026, 3, day), "channel": "email", "messages": count} for day, count in ((2, 5), (3, 2), (4, 1))
    ]
    drawn = chart.draw(Forecast(date(2026, 3, 1), date(2026, 3, 4), sent, []))
    tops = [float(top) for top in re.findall(r'<rect [^>]*?y="([0-9.]+)" width="[0-9.]+" height="[0-9.]+" fill', drawn)]
    lines = [float(top) for top in re.findall(r'<line [^>]*?y1="([0-9.]+)"', drawn)]
    assert re.findall(r">([0-9]+)<", drawn) == ["0", "2", "5"]
    assert lines[1:] == [tops[2], tops[1]]  # the first box is the legend's
