"""`python -m tests.bench.feeds --rows 1000000`: the customers feed beside drt, first whole, then a day's difference.

Both read the same marts from the same DuckDB file, each in a process of its own, and write to a folder: Kizuna a
checked, split and signed sync, drt (`drt-core`, reverse ETL) a CSV file. drt has two ways to sync a day: everything
again, which is what it does for a mart without a cursor; or the rows after a cursor, which it is given here for nothing
(`changed_at`; no mart of Kizuna's says when a row changed) and which never tells of a row that is gone.
"""

import csv
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import duckdb
import yaml

from dagster_project import progress, warehouse
from dagster_project.activation.feeds import deliver, load_feeds, prepare
from dagster_project.activation.feeds.declaration import Feed
from dagster_project.home import Home
from dagster_project.project import ROOT
from dagster_project.sql import literal
from tests.bench.measure import Measured, machine, measured

THREADS = 2
SHARES = (0.001, 0.01, 0.1)  # of the customers who change on one of the days
BESIDE = 0.01  # the day that drt syncs too
DRT_BATCH = 10_000
FIRST_DAY = date(2026, 1, 1)
CUSTOMERS = """
    select 'c' || left(sha256(cast(n as varchar)), 24) as customer_id,
        case when n % 7 < 6 then ['M' || lpad(cast(n as varchar), 9, '0')] else [] end as member_ids,
        case n % 3 when 0 then 'female' when 1 then 'male' end as gender,
        (n % 7 + 1) * 10 || 's' as age_band,
        ['東京都', '大阪府', '北海道', '福岡県', null][n % 5 + 1] as prefecture,
        ['gold', 'silver', 'regular'][n % 3 + 1] as member_rank,
        n % 2 = 0 as consent_email, n % 3 = 0 as consent_line, n % 11 = 0 as consent_sms, n % 5 = 0 as consent_push,
        n % 4 > 0 as consent_dm,
        cast(hash(n) % 10000000 / 100 as decimal(18, 2)) as net_sales,
        case when n % 4 > 0 then timestamp '2024-01-01' + to_minutes(cast(hash(n) % 500000 as bigint)) end
            as first_order_at,
        case when n % 4 > 0 then timestamp '2025-01-01' + to_minutes(cast(hash(n, 1) % 500000 as bigint)) end
            as last_order_at,
        n % 9 as frequency, ['promising_active', 'loyal_dormant', 'new_lapsed'][n % 3 + 1] as rf_segment,
        'B' || n % 50 as favourite_brand_id, ['lotion', 'cream', 'serum, day'][n % 3 + 1] as favourite_category,
        ['low', 'mid', 'high'][n % 3 + 1] as price_band, n % 13 as visits, n % 101 as score_product,
        n % 53 as score_lifestyle, n % 31 as score_lifestance, timestamp '{changed}' as changed_at
    from range({first}, {last}) as numbers (n)
"""


@dataclass(frozen=True)
class Step:
    """One sync of one contestant: what it was, what it cost, rows that left and whether deletions did."""

    name: str
    contestant: str
    cost: Measured
    rows: int
    deletions: int


def make_marts(home: Home, rows: int) -> None:
    """The marts that the customers feed reads, `rows` customers, in the home's warehouse."""
    with warehouse.connect(home) as con:
        con.execute("create schema marts")
        con.execute(
            "create table marts.customers as " + CUSTOMERS.format(changed=f"{FIRST_DAY} 00:00:00", first=0, last=rows)
        )
        con.execute(
            "create table marts.badges as select customer_id, unnest(['store_regular', 'vision_reader']) as badge_id"
            " from marts.customers where frequency > 6"
        )


def next_day(home: Home, day: int, share: float) -> None:
    """Change `share` of the customers: nine tenths of them visit a store, one twentieth goes, as many are new."""
    changed = f"{FIRST_DAY + timedelta(days=day)} 00:00:00"
    with warehouse.connect(home) as con:
        [(rows,)] = con.execute("select count(*) from marts.customers").fetchall()
        number = "hash(customer_id, ?) / 18446744073709551615.0"
        con.execute(f"delete from marts.customers where {number} < ?", [day, share / 20])
        con.execute(
            f"update marts.customers set visits = visits + 1, changed_at = cast(? as timestamp) where {number} < ?",
            [changed, -day, share * 0.9],
        )
        first = 10**8 * day
        con.execute(
            "insert into marts.customers "
            + CUSTOMERS.format(changed=changed, first=first, last=first + max(1, round(rows * share / 20)))
        )
        con.execute("checkpoint")


def customers_feed() -> Feed:
    """The feed as it ships."""
    return next(feed for feed in load_feeds(ROOT / "seeds" / "feeds") if feed.feed_id == "customers")


def sync_once(home: Home, day: int, feed: Feed | None = None) -> dict[str, int]:
    """One sync of the customers feed (as it ships, unless `feed` is given); its counts."""
    as_of = FIRST_DAY + timedelta(days=day)
    with warehouse.connect(home) as con:
        con.execute(f"set threads = {THREADS}")
        prepared = prepare(con, home, feed or customers_feed(), as_of, datetime.combine(as_of, datetime.min.time()))
    return deliver(home, prepared).counts.model_dump()


def drt_project(folder: Path, home: Home, mode: str, destination: dict[str, Any] | None = None) -> None:
    """A project of drt with one sync of the feed's rows to a file, or to `destination`; its profile stands in
    `folder`/user."""
    feed = customers_feed()
    cells = ", ".join(f"{column.sql} as {column.name}" for column in feed.columns)
    options = {"mode": mode, "batch_size": DRT_BATCH}
    if mode == "incremental":
        cells += ", changed_at"
        options["cursor_field"] = "changed_at"
    sync = {
        "name": "customers",
        "description": "The customers feed.",
        "model": f"select {cells} from ({feed.source.select}) as source",
        "destination": destination or {"type": "file", "path": str(folder / "customers.csv"), "format": "csv"},
        "sync": options,
    }
    profile = {"bench": {"type": "duckdb", "database": str(home.warehouse)}}
    for path, content in {
        folder / "drt_project.yml": {"name": "bench", "profile": "bench"},
        folder / "syncs" / "customers.yml": sync,
        folder / "user" / ".drt" / "profiles.yml": profile,
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))


def by_kizuna(home: Home, name: str, day: int) -> Step:
    """A sync by Kizuna in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.feeds", "--sync", str(home.path), "--day", str(day)]
    cost = measured(command, ROOT, dict(os.environ), lambda _: None)
    counts = json.loads(cost.stdout)
    return Step(name, "Kizuna", cost, counts["added"] + counts["changed"], counts["removed"])


def by_drt(drt: str, folder: Path, name: str, contestant: str) -> Step:
    """A sync by drt."""
    cost = measured([drt, "run"], folder, dict(os.environ) | {"HOME": str(folder / "user")}, lambda _: None)
    with (folder / "customers.csv").open(encoding="utf-8", newline="") as file:
        rows = sum(1 for _ in csv.reader(file)) - 1
    return Step(name, contestant, cost, rows, 0)


def differing_rows(home: Home, file: Path) -> int:
    """Rows in which what the receiver of Kizuna's syncs holds differs from drt's `file`, read as the feed's types."""
    feed = customers_feed()
    cells = ", ".join(
        f"try_cast({column.name} as decimal(18, 2)) as {column.name}"
        if column.type == "number"
        else f"coalesce({column.name}, '') as {column.name}"
        for column in feed.columns
    )
    with duckdb.connect() as con:
        theirs = f"select {cells} from read_csv({literal(file)}, all_varchar = true, header = true)"
        ours = f"select {cells} from ({received(home)})"
        con.execute(f"create table theirs as {theirs}")
        con.execute(f"create table ours as {ours}")
        return con.execute(
            "select (select count(*) from (from ours except all from theirs))"
            " + (select count(*) from (from theirs except all from ours))"
        ).fetchall()[0][0]


def received(home: Home) -> str:
    """SQL of what a receiver holds that applied every delivered sync of the customers feed."""
    folder = home.feeds / "customers"
    sync = "parse_path(filename)[-2] as sync_id"
    data, gone = (literal(folder / "*" / name) for name in ("data-*", "deletes-*"))
    options = "all_varchar = true, header = true, filename = true, union_by_name = true"
    data = f"select * exclude (filename), {sync}, false as is_gone from read_csv({data}, {options})"
    gone = f"select user_id, {sync}, true as is_gone from read_csv({gone}, {options})"
    both = f"{data} union all by name {gone}" if list(folder.glob("*/deletes-*")) else data
    return (
        "select * exclude (sync_id, is_gone, place) from ("
        f"select *, row_number() over (partition by user_id order by sync_id desc) as place from ({both}))"
        " where place = 1 and not is_gone"
    )


def report(rows: int, steps: list[Step], start_up: dict[str, float]) -> str:
    """The table, as Markdown, with the ratios that matter."""
    lines = [
        f"{rows:,} customers; processor seconds of the whole process, {machine()}.",
        "",
        "| sync | by | rows sent | deletions | processor seconds | without start-up | peak, GB |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for step in steps:
        used = step.cost.processor_seconds
        alone = used - start_up[step.contestant.split(",")[0]]
        lines.append(
            f"| {step.name} | {step.contestant} | {step.rows:,} | {step.deletions:,} | {used:.2f} | {alone:.2f}"
            f" | {step.cost.peak_bytes / 2**30:.2f} |"
        )
    return "\n".join(lines)


@click.command()
@click.option("--rows", default=1_000_000, show_default=True, type=click.IntRange(min=100), help="Customers.")
@click.option("--drt", default=str(Path(sys.executable).with_name("drt")), help="Where drt is; '' leaves it out.")
@click.option("--sync", "only", type=click.Path(path_type=Path), help="Sync once in this home, and print the counts.")
@click.option("--day", default=0, help="With --sync: the day, counted from the first.")
@click.option("--nothing", is_flag=True, help="Do nothing: what is left is start-up.")
def main(rows: int, drt: str, only: Path | None, day: int, nothing: bool) -> None:
    """The customers feed by Kizuna and by drt; exit 1 where what they deliver differs."""
    if nothing:
        return
    if only is not None:
        click.echo(json.dumps(sync_once(Home.open(only), day)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        text, same = compare(Path(scratch), rows, drt)
    click.echo(text)
    sys.exit(0 if same else 1)


def compare(scratch: Path, rows: int, drt: str) -> tuple[str, bool]:
    """Sync a first time, then a day for each of SHARES; the report, and whether both delivered the same rows."""
    home, whole, after = Home.open(scratch / "home"), scratch / "whole", scratch / "cursor"
    progress.report("bench", f"{rows:,} customers")
    make_marts(home, rows)
    nothing = [sys.executable, "-m", "tests.bench.feeds", "--nothing"]
    start_up = {"Kizuna": measured(nothing, ROOT, dict(os.environ), lambda _: None).processor_seconds}
    steps = [by_kizuna(home, "first", 0)]
    differing = 0
    if drt:
        start_up["drt"] = measured([drt, "--version"], scratch, dict(os.environ), lambda _: None).processor_seconds
        for folder, mode in ((whole, "full"), (after, "incremental")):
            drt_project(folder, home, mode)
        progress.report("bench", "drt, first")
        steps += [by_drt(drt, whole, "first", "drt, everything"), by_drt(drt, after, "first", "drt, by cursor")]
        differing += differing_rows(home, whole / "customers.csv")
    for day, share in enumerate(SHARES, start=1):
        progress.report("bench", f"a day, {share:.1%}")
        next_day(home, day, share)
        steps.append(by_kizuna(home, f"a day, {share:.1%}", day))
        if drt and share == BESIDE:
            steps += [
                by_drt(drt, whole, f"a day, {share:.1%}", "drt, everything"),
                by_drt(drt, after, f"a day, {share:.1%} (and the day before)", "drt, by cursor"),
            ]
            differing += differing_rows(home, whole / "customers.csv")
    verdict = "Both delivered the same rows." if not differing else f"{differing} ROWS DIFFER."
    return "\n\n".join([report(rows, steps, start_up), verdict if drt else "drt was left out."]), not differing


if __name__ == "__main__":
    main(prog_name="python -m tests.bench.feeds")
