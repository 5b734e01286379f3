"""One trial: a simulated shop of a size, its full build, the yardstick over the same landing, the comparison,
and a daily run with one more day.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path

from dagster_project.project import ROOT
from tests.bench.compare import Difference, compare
from tests.bench.measure import Measured, measured

MEMBERS_AT_1 = 1_000_000
DAYS = 365
LAST_DAY = date(2025, 12, 15)  # fixed, so that the same seed gives the same shop whenever it is measured
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Pair:
    """A run of the pipeline over one day, and the yardstick's over the same landing."""

    pipeline: Measured
    yardstick: Measured | None
    differences: list[Difference]


@dataclass(frozen=True)
class Trial:
    """Members, rows per source, and the two days: all history but the last day, then the last day."""

    members: int
    rows: dict[str, int]
    full: Pair
    daily: Pair

    @property
    def order_lines(self) -> int:
        """Lines of EC orders and receipts."""
        return self.rows["ec_order_items"] + self.rows["pos_receipt_items"]

    @property
    def differences(self) -> list[Difference]:
        """Marts that differ, on either day."""
        return [found for pair in (self.full, self.daily) for found in pair.differences if not found.is_same]


def _simulate(members: int, seed: int, out: Path) -> dict[str, int]:
    from dagster_project.sample.simulate import simulate

    return simulate(members=members, days=DAYS, seed=seed, out=out, last_day=LAST_DAY, hold_back_days=1)


def run(members: int, seed: int, folder: Path, with_yardstick: bool, tell: Tell) -> Trial:
    """Everything of one size, under `folder` (new or empty). Raises CommandFailed."""
    sources, home = folder / "sources", folder / "home"
    tell(f"{members:,} members: simulating {DAYS} days")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:  # its memory goes with it
        rows = pool.submit(_simulate, members, seed, sources).result()
    full = _day(LAST_DAY - timedelta(days=1), sources, home, with_yardstick, tell)
    last_day = sources.with_name("sources-next")
    if last_day.exists():  # on its last day a very small shop may have nothing to tell
        shutil.copytree(last_day, sources, dirs_exist_ok=True)
    daily = _day(LAST_DAY, sources, home, with_yardstick, tell)
    return Trial(members, rows, full, daily)


def _day(day: date, sources: Path, home: Path, with_yardstick: bool, tell: Tell) -> Pair:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KIZUNA_")}
    tell(f"kizuna run --as-of {day}")
    pipeline = measured(
        [sys.executable, "-m", "dagster_project", "run", "--json", "--as-of", str(day),
         "--sources", str(sources), "--home", str(home)],
        ROOT, environment, lambda stage: tell(f"  {stage}"),
    )  # fmt: skip
    if not with_yardstick:
        return Pair(pipeline, None, [])
    tell(f"  {pipeline.seconds:.0f} s; the yardstick over the same landing")
    database = home.with_name(f"yardstick-{day}.duckdb")
    command = [sys.executable, "-m", "tests.bench.yardstick", str(home), str(day), str(database)]
    process = measured(command, ROOT, environment, tell)
    parts = json.loads(process.stdout)
    yardstick = Measured(sum(parts.values()), parts, process.peak_bytes, process.processor_seconds)
    tell(f"  {yardstick.seconds:.1f} s; comparing row for row")
    return Pair(pipeline, yardstick, compare(home / "marts.duckdb", database))
