"""`python -m tests.bench.feeds_http --rows 100000`: as `tests.bench.feeds`, but to a batch API over HTTP.

Both send JSON, as many rows a request, to one receiver on this machine that only counts, and whose processor time is
not theirs. drt's `rest_api` sends every row again, or those after a cursor column that it is given; it has no request
for rows that are gone, so it sends no deletions.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import yaml

from dagster_project import progress
from dagster_project.activation.feeds import load_feeds
from dagster_project.home import Home
from dagster_project.project import ROOT
from tests.bench.feeds import BESIDE, SHARES, Step, drt_project, make_marts, next_day, report, sync_once
from tests.bench.measure import measured
from tests.bench.row_counter import receiver, told

ROWS_PER_REQUEST = 500  # what Kizuna sends by default


def write_feed(folder: Path, address: str) -> None:
    """The customers feed as it ships, to the receiver at `address`."""
    feed = yaml.safe_load((ROOT / "seeds" / "feeds" / "customers.yml").read_text(encoding="utf-8"))
    feed["destination"] = {"type": "http", "url": f"{address}/kizuna", "rows_per_request": ROWS_PER_REQUEST}
    folder.mkdir(parents=True)
    (folder / "customers.yml").write_text(yaml.safe_dump(feed, allow_unicode=True, sort_keys=False), encoding="utf-8")


def drt_destination(url: str) -> dict[str, Any]:
    """drt's block for the same receiver, in batches."""
    return {
        "type": "rest_api",
        "url": url,
        "method": "POST",
        "headers": {"Content-Type": "application/json"},
        "body_mode": "batch",
        "batch_template": '{"rows": {{ rows | tojson_safe }}}',
        "max_records_per_request": ROWS_PER_REQUEST,
        "rate_limit": {"requests_per_second": 1_000_000},
    }


def by(contestant: str, name: str, command: list[str], folder: Path, address: str, user: Path) -> Step:
    """A sync in a process of its own, and what came of it at the receiver."""
    cost = measured(command, folder, dict(os.environ) | {"HOME": str(user)}, lambda _: None)
    counts = told(address)["counts"]
    [found] = counts.values() or [{}]
    return Step(name, contestant, cost, found.get("rows", 0), found.get("deletions", 0))


@click.command()
@click.option("--rows", default=100_000, show_default=True, type=click.IntRange(min=100), help="Customers.")
@click.option("--drt", default=str(Path(sys.executable).with_name("drt")), help="Where drt is.")
@click.option("--sync", "only", type=click.Path(path_type=Path), help="Sync once in this home, and print the counts.")
@click.option("--day", default=0, help="With --sync: the day, counted from the first.")
@click.option("--feeds", type=click.Path(path_type=Path), help="With --sync: the folder of the feed.")
def main(rows: int, drt: str, only: Path | None, day: int, feeds: Path | None) -> None:
    """The customers feed over HTTP by Kizuna and by drt; exit 1 where what they sent differs."""
    if only is not None and feeds is not None:
        [feed] = load_feeds(feeds)
        click.echo(json.dumps(sync_once(Home.open(only), day, feed)))
        return
    with tempfile.TemporaryDirectory() as scratch, receiver() as address:
        text, same = compare(Path(scratch), rows, drt, address)
    click.echo(text)
    sys.exit(0 if same else 1)


def compare(scratch: Path, rows: int, drt: str, address: str) -> tuple[str, bool]:
    """Sync a first time, then a day for each of SHARES; the report, and whether what both sent is the same."""
    home, whole, after = Home.open(scratch / "home"), scratch / "whole", scratch / "cursor"
    write_feed(scratch / "feeds", address)
    make_marts(home, rows)
    for folder, mode in ((whole, "full"), (after, "incremental")):
        drt_project(folder, home, mode, drt_destination(f"{address}/{'drt' if mode == 'full' else 'cursor'}"))
    start_up = {
        "Kizuna": measured(
            [sys.executable, "-m", "tests.bench.feeds", "--nothing"], ROOT, dict(os.environ), lambda _: None
        ),
        "drt": measured([drt, "--version"], scratch, dict(os.environ), lambda _: None),
    }
    kizuna = [sys.executable, "-m", "tests.bench.feeds_http", "--sync", str(home.path)]
    kizuna += ["--feeds", str(scratch / "feeds")]
    steps, differing = [], 0
    for day, share in enumerate((None, *SHARES)):
        name = "first" if share is None else f"a day, {share:.1%}"
        progress.report("bench", name)
        if share is not None:
            next_day(home, day, share)
        steps.append(by("Kizuna", name, [*kizuna, "--day", str(day)], ROOT, address, Path.home()))
        if share in (None, BESIDE):
            steps.append(by("drt, everything", name, [drt, "run"], whole, address, whole / "user"))
            differing += told(address)["differing"]
            steps.append(by("drt, by cursor", name, [drt, "run"], after, address, after / "user"))
    verdict = "What both sent is the same." if not differing else f"{differing} ROWS DIFFER."
    used = {name: cost.processor_seconds for name, cost in start_up.items()}
    return "\n\n".join([report(rows, steps, used), verdict]), not differing


if __name__ == "__main__":
    main(prog_name="python -m tests.bench.feeds_http")
