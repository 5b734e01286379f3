"""What a person wants to see after a run: figures from the published marts, as data and as tables."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from dagster_project.activation.feeds import load_feeds, not_taken
from dagster_project.activation.feeds.ledger import FeedLedger, feed_ids
from dagster_project.home import Home
from dagster_project.privacy import freed_space
from dagster_project.project import seeds
from dagster_project.publish.change_report import identity_changes
from dagster_project.publish.reader import connect_day
from dagster_project.run_context import TOKYO
from dagster_project.sql import dicts

QUERIES = {
    "sources": "select source, rows, quarantined, identified_share, unified_share from marts.source_coverage"
    " order by source",
    "persons": "select (select count(*) from marts.customers) as customers, (select count(*) from marts.visitors) as"
    " visitors, (select count(*) from marts.customer_identifiers) as identifiers,"
    " (select count(*) from marts.identity_edges where status = 'blocked') as blocked_edges",
    "rf": "select recency_band, frequency_band, customers, repeat_rate, is_mature from marts.rf_matrix where as_of ="
    " (select max(as_of) from marts.rf_matrix) and window_days = (select min(window_days) from marts.rf_matrix)",
    "pyramid": "select rank, sum(customers) as customers, sum(moved_up) as moved_up, sum(moved_down) as moved_down"
    " from marts.brand_pyramid group by rank"
    " order by case rank when 'S' then 0 else 1 end, rank",
    "lists": "select scenario_id, step, channel, count(*) filter (not holdout) as to_send, count(*) filter (holdout) as"
    " held_out from marts.scenario_targets where as_of = ? group by all order by all",
    "suppressions": "select scenario_id, reason, count(*) as steps from marts.suppressions where as_of = ?"
    " group by all order by all",
    "results": "select scenario_id, step, sent, opened, compared, conversion_rate, compared_control as held_out,"
    " control_rate, lift, ci_low, ci_high, verdict from marts.scenario_results where is_mature"
    " order by scenario_id, first_assigned_on, step",
}


def of_run(home: Home, as_of: date, syncs_before: dict[str, str]) -> dict[str, Any]:
    """The figures of the daily run of `as_of`, a backfill too: name -> rows."""
    result: dict[str, Any] = {"as_of": as_of, "home": str(home.path)}
    feeds = load_feeds(seeds() / "feeds")
    with connect_day(home, as_of) as con:
        for name, sql in QUERIES.items():
            result[name] = dicts(con.execute(sql, [as_of] if "?" in sql else []))
        result["identity_changes"] = identity_changes(con, as_of, feeds)
    result["feeds"] = _feeds(home, syncs_before)
    result["not_taken"] = not_taken(home, {feed.feed_id for feed in feeds})
    waits = freed_space.waiting(home)
    result["rewrite_due_on"] = waits.due_on if waits else None
    return result


def of_activation(home: Home, cut_off: datetime, syncs_before: dict[str, str]) -> dict[str, Any]:
    """The lists (scenario -> rows to send) and feeds of the hourly run with `cut_off` (aware)."""
    hour = (cut_off.astimezone(UTC) + TOKYO).strftime("%Y-%m-%dT%H")
    lists = {}
    for file in sorted(home.targets.glob(f"*/{hour}.jsonl")):
        with file.open(encoding="utf-8") as rows:
            lists[file.parent.name] = sum(1 for _ in rows)
    return {
        "as_of": hour[:10],
        "cut_off": f"{hour}:00+09:00",
        "home": str(home.path),
        "lists": lists,
        "feeds": _feeds(home, syncs_before),
        "not_taken": not_taken(home, {feed.feed_id for feed in load_feeds(seeds() / "feeds")}),
    }


def syncs(home: Home) -> dict[str, str]:
    """feed -> its newest delivered sync."""
    return {feed: records[-1].sync_id for feed in feed_ids(home) if (records := FeedLedger(home, feed).delivered())}


def _feeds(home: Home, before: dict[str, str]) -> list[dict[str, Any]]:
    """The newest sync of each feed, where it is not the one of `before`; those `refused` are among the rows counted."""
    told = []
    for feed, sync_id in syncs(home).items():
        if before.get(feed) != sync_id:
            newest = FeedLedger(home, feed).delivered()[-1]
            told.append({"feed": feed, "sync": sync_id, **newest.counts.model_dump(), "refused": newest.rejected})
    return told


def print_table(rows: list[dict[str, Any]], empty: str = "nothing", title: str | None = None) -> None:
    """Print `rows` as a table, or `empty`."""
    console = Console(width=130 if not Console().is_terminal else None)
    if not rows:
        console.print(f"{title + ': ' if title else ''}{empty}", highlight=False)
        return
    table = Table(title=title, title_justify="left", title_style="bold")
    for column, value in rows[0].items():
        # Folded, never cut: a file and line without its end is of no use.
        table.add_column(column, justify="right" if isinstance(value, int | float) else "left", overflow="fold")
    for row in rows:
        table.add_row(*[_cell(value) for value in row.values()])
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def print_run(result: dict[str, Any]) -> None:
    """The result of a run as a person reads it."""
    print_table(result["sources"], title="Sources: rows landed, quarantined, and the shares with a customer")
    print_table(result["persons"], title="Persons")
    _print_identity_changes(result["identity_changes"])
    print_table(_rf_rows(result["rf"]), title="RF table: customers (months since the last purchase x purchases)")
    print_table(result["pyramid"], title="Rank pyramid over all brands")
    print_table(result["lists"], "no step was due", title="Target lists")
    print_table(result["suppressions"], "none", title="Suppressed, and why")
    print_table(
        _result_rows(result["results"]),
        "none yet; they come when a step's days are over (setting scenario_outcome_days)",
        title="Results: who bought of those assigned, and of those held out",
    )
    _print_feeds(result)
    if result["rewrite_due_on"]:
        click.echo(f"Freed space of database files holds what was erased until the run of {result['rewrite_due_on']}")


def _print_feeds(result: dict[str, Any]) -> None:
    """What feeds sent, and what they could not hand over."""
    print_table(result["feeds"], "nothing changed, no sync was made", title="Feeds")
    if result["not_taken"]:
        print_table(result["not_taken"], title="Rows that feeds could not hand over, and why; they are tried again")


def _print_identity_changes(found: dict[str, list[dict[str, Any]]]) -> None:
    """Whom the run merged and split; nothing where it changed nobody."""
    if found["counts"]:
        print_table(found["counts"], title="Customer ids that changed")
    if found["first"]:
        print_table(found["first"], title="The first of them")
        click.echo("All of them: mart identity_changes. Why: kizuna path FROM_ID TO_ID")
    if found["affected"]:
        print_table(found["affected"], title="Rows about them")


def _result_rows(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per step, as `kizuna results` shows it at greater length."""
    from dagster_project.activation.results.report import per_cent, points

    return [
        {
            "scenario": step["scenario_id"],
            "step": step["step"],
            "sent": step["sent"],
            "compared": step["compared"],
            "bought": per_cent(step["conversion_rate"]),
            "held out": step["held_out"],
            "bought ": per_cent(step["control_rate"]),
            "lift in points": points(step),
            "verdict": step["verdict"],
        }
        for step in steps
    ]


def _rf_rows(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The matrix with one dictionary per recency band, the total last."""
    columns = sorted({cell["frequency_band"] for cell in cells})
    rows: dict[str, dict[str, Any]] = {}
    for cell in sorted(cells, key=lambda cell: cell["recency_band"]):
        row = rows.setdefault(cell["recency_band"], {"months": cell["recency_band"]} | dict.fromkeys(columns))
        row[cell["frequency_band"]] = cell["customers"]
    return list(rows.values())


def print_demo(home: Home, result: dict[str, Any]) -> None:
    """The result of the demo, where everything lies, and what to try next."""
    print_run(result)
    shown = home.path.relative_to(Path.cwd()) if home.path.is_relative_to(Path.cwd()) else home.path
    console = Console(width=130 if not Console().is_terminal else None, highlight=False, soft_wrap=True)
    console.print("Where it lies")
    for place, what in {
        "marts.duckdb": "the marts, for SQL",
        f"marts/{result['as_of']}/": "the same as Parquet",
        "targets/": "target lists",
        "feeds/": "syncs of the feeds, with manifests",
        "docs/": "Data Docs and dbt docs, to open in a browser",
    }.items():
        console.print(f"  {shown}/{place:<22} {what}")
    console.print("What to try next")
    for command in (
        f"make ui HOME_DIR={shown}                   the asset graph, checks and previews",
        f".venv/bin/kizuna landing list --home {shown}",
        f".venv/bin/kizuna card member_id:M0000001 --home {shown}",
        f".venv/bin/kizuna results --home {shown} --chart results.html",
        "edit seeds/rules/score_rules.csv, then make demo again: the scores follow",
    ):
        console.print(f"  {command}")
    console.print("demo: done")


def print_activation(result: dict[str, Any]) -> None:
    """The result of an hourly run."""
    print_table(
        [{"scenario": name, "rows": rows} for name, rows in result["lists"].items()],
        "no step was due",
        title=f"Target lists up to {result['cut_off']}",
    )
    _print_feeds(result)
