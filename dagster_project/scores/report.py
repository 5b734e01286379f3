"""What changes between two sets of scores, per category, rule and customer: as data and as tables."""

from datetime import date
from pathlib import Path
from typing import Any

import click
import duckdb

from dagster_project.home import Home
from dagster_project.scores.replay import replay
from dagster_project.sql import dicts, literal

CATEGORIES = ("product", "lifestyle", "lifestance", "total")
MOST_MOVED = 5
_SHOWN_OF_MOVED = ("customer_id", "total_before", "total_after", "change")
# A customer of whom one side does not know has no points there.
BOTH = "before.scores as b full join after.scores as a using (customer_id)"


def compare(
    home: Home, as_of: date | None, rules: Path | None, half_life_days: float | None, out: Path | None
) -> dict[str, Any]:
    """Scores as asked for, against those that stand: name -> rows. `out` gets both of every customer, as CSV."""
    with replay(home, as_of, rules, half_life_days) as con:
        [(day,)] = con.execute("select as_of from run.context").fetchall()
        result: dict[str, Any] = {
            "as_of": day,
            "rules": str(rules) if rules else "as published",
            "compared_with": f"the published rules on {day}" if rules else "the published scores",
            "categories": [_category(con, name) for name in CATEGORIES],
            "customers": dicts(con.execute(_MOVES))[0],
            "by_rule": dicts(con.execute(_BY_RULE)),
            "most_moved": dicts(con.execute(_MOST_MOVED)),
        }
        if out is not None:
            _write(con, out)
            result["out"] = str(out)
    return result


def _category(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, Any]:
    """Points of all customers, who has any, and how the customers' change is spread."""
    change = f"coalesce(a.{name}, 0) - coalesce(b.{name}, 0)"
    return dicts(
        con.execute(
            f"select '{name}' as category, cast(coalesce(sum(b.{name}), 0) as bigint) as before,"
            f" cast(coalesce(sum(a.{name}), 0) as bigint) as after, count(*) filter (b.{name} > 0) as scored_before,"
            f" count(*) filter (a.{name} > 0) as scored_after, count(*) filter ({change} > 0) as rise,"
            f" count(*) filter ({change} < 0) as fall, min({change}) as least_change,"
            f" quantile_disc({change}, 0.25) as p25_change, quantile_disc({change}, 0.5) as median_change,"
            f" quantile_disc({change}, 0.75) as p75_change, max({change}) as most_change from {BOTH}"
        )
    )[0]


_ALL_THREE = "{0}.product > 0 and {0}.lifestyle > 0 and {0}.lifestance > 0"
_MOVES = (
    "select count(*) as customers, count(*) filter (coalesce(a.total, 0) > coalesce(b.total, 0)) as rise,"
    " count(*) filter (coalesce(a.total, 0) < coalesce(b.total, 0)) as fall,"
    " count(*) filter (coalesce(a.total, 0) = coalesce(b.total, 0)) as same_total,"
    f" count(*) filter ({_ALL_THREE.format('b')}) as all_three_before,"
    f" count(*) filter ({_ALL_THREE.format('a')}) as all_three_after from {BOTH}"
)
_BY_RULE = (
    "select rule_id, coalesce(b.acts, 0) as acts_before, coalesce(a.acts, 0) as acts_after,"
    " coalesce(b.customers, 0) as customers_before, coalesce(a.customers, 0) as customers_after,"
    " coalesce(b.total, 0) as points_before, coalesce(a.total, 0) as points_after"
    " from before.by_rule as b full join after.by_rule as a using (rule_id) order by rule_id"
)
_CHANGES = ("select customer_id, {columns}, coalesce(a.total, 0) - coalesce(b.total, 0) as change from {both}").format(
    columns=", ".join(
        f"coalesce({side[0]}.{name}, 0) as {name}_{side}" for side in ("before", "after") for name in CATEGORIES
    ),
    both=BOTH,
)
_MOST_MOVED = (
    f"with changes as ({_CHANGES}) (from changes where change > 0 order by change desc, customer_id limit {MOST_MOVED})"
    f" union all (from changes where change < 0 order by change, customer_id limit {MOST_MOVED})"
    " order by change desc, customer_id"
)


def _write(con: duckdb.DuckDBPyConnection, out: Path) -> None:
    aside = out.with_name(out.name + ".tmp")
    con.execute(f"copy ({_CHANGES} order by customer_id) to {literal(aside)} (format csv, header)")
    aside.replace(out)


def print_report(result: dict[str, Any]) -> None:
    """The same for people."""
    from dagster_project.summary import print_table

    click.echo(f"Scores as of {result['as_of']}, rules {result['rules']}, against {result['compared_with']}")
    shown = {name: name.removesuffix("_change") for name in result["categories"][0]}
    print_table(
        [{shown[name]: value for name, value in row.items()} for row in result["categories"]],
        title="Points, customers who have any, who rise and fall, and the spread of the change",
    )
    print_table([result["customers"]], title="Customers")
    print_table(result["by_rule"], "no rule scored", title="Rules")
    print_table(
        [{name: row[name] for name in _SHOWN_OF_MOVED} for row in result["most_moved"]],
        "nobody's total changes",
        title="Who rises and falls most",
    )
    if "out" in result:
        click.echo(f"Every customer: {result['out']}")
