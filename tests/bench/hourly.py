"""`python -m tests.bench.hourly --members 30000`: what an hourly run takes beside the daily run of the same day.

After the daily run of the day before, one hour of the next day lands and `kizuna activate` runs; then the rest of that
day lands, and the daily run. From both is taken what the same two take in a shop of 100 members, which has hardly any
data: imports, parsing, a statement per model and check. What is left is a run's own work.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from multiprocessing import get_context
from pathlib import Path

import click

from dagster_project import progress
from dagster_project.project import ROOT
from tests.bench.hour import cut
from tests.bench.measure import CommandFailed, Measured, machine, measured
from tests.bench.trial import DAYS, LAST_DAY

SMALLEST = 100  # members: what their runs take any run takes
SHARE = 0.1  # of the daily run's own work that an hour may take
HOUR = time(10)  # Tokyo's time at which it begins: shops are open, and people shop at work


@dataclass(frozen=True)
class Day:
    """The rows that the hour brought, and both runs."""

    rows: int
    hourly: Measured
    daily: Measured


def simulate(members: int, seed: int, sources: Path) -> None:
    """A shop up to LAST_DAY; the last day by itself in `<sources>-next`."""
    from dagster_project.sample.simulate import simulate as write

    write(members=members, days=DAYS, seed=seed, out=sources, last_day=LAST_DAY, hold_back_days=1)


def settle(home: Path, sources: Path) -> None:
    """Have dbt parse its project for a home that was copied, and landing read the files that were, all of them known:
    so the run before would have left them in their place."""
    from dagster_project import dbt_runner
    from dagster_project.home import Home
    from dagster_project.landing.land import land

    place = Home.open(home)
    dbt_runner.parsed(place)
    with place.lock("bench"):
        land(place, sources)


def _apart(work: Callable[..., None], *given: object) -> None:
    """In a process of its own: its memory goes with it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(work, *given).result()


def new_shop(members: int, seed: int, folder: Path) -> None:
    """`home`, `sources` and `sources-next` under `folder`, the home after the daily run of the day before LAST_DAY."""
    progress.report("bench", f"{members:,} members: simulating {DAYS} days")
    _apart(simulate, members, seed, folder / "sources")
    _run(folder, ["run", "--as-of", str(LAST_DAY - timedelta(days=1))])


def measure(folder: Path, last_day: date) -> Day:
    """The hour of `last_day`, then the day, in the shop under `folder`; that is changed by it."""
    first = datetime.combine(last_day, HOUR)
    rows = cut(folder / "sources-next", folder / "sources", first)
    hourly = _run(folder, ["activate", "--at", (first + timedelta(hours=1)).isoformat()])
    # Events that came with the hour come again with the day: they are duplicates, as where a system sends both.
    shutil.copytree(folder / "sources-next", folder / "sources", dirs_exist_ok=True)
    return Day(sum(rows.values()), hourly, _run(folder, ["run", "--as-of", str(last_day)]))


def _run(folder: Path, arguments: list[str]) -> Measured:
    progress.report("bench", f"kizuna {' '.join(arguments)}")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KIZUNA_")}
    command = [sys.executable, "-m", "dagster_project", *arguments, "--json"]
    places = ["--sources", str(folder / "sources"), "--home", str(folder / "home")]
    return measured([*command, *places], ROOT, environment, lambda stage: progress.report("bench", f"  {stage}"))


def report(title: str, day: Day, fixed: Day) -> str:
    """Processor seconds by stage of both runs, what any run takes, and the hour's share of the day's own work."""
    stages = list(dict.fromkeys([*day.hourly.used, *day.daily.used]))
    lines = [
        f"{title}; the hour brought {day.rows:,} rows. Processor seconds, {machine()}.",
        "",
        "| stage | hourly run | of that in any shop | daily run | of that in any shop |",
        "|---|---:|---:|---:|---:|",
    ]
    for stage in stages:
        cells = [run.used.get(stage, 0.0) for run in (day.hourly, fixed.hourly, day.daily, fixed.daily)]
        lines.append(f"| {stage} | {' | '.join(f'{cell:.1f}' for cell in cells)} |")
    whole = [run.processor_seconds for run in (day.hourly, fixed.hourly, day.daily, fixed.daily)]
    lines.append(f"| **whole** | {' | '.join(f'**{cell:.1f}**' for cell in whole)} |")
    return "\n".join([*lines, "", verdict(whole[0] - whole[1], whole[2] - whole[3])])


def verdict(hourly: float, daily: float) -> str:
    """The own work of both beside each other."""
    if daily <= 0:
        return "Too little to tell: the daily run takes no more than in any shop."
    share = max(hourly, 0.0) / daily
    told = "within" if share <= SHARE else f"beyond by {share - SHARE:.1%}"
    return f"Own work: {hourly:.1f} s of the day's {daily:.1f} s, {share:.1%} (limit {SHARE:.0%}), {told}."


@click.command()
@click.option(
    "--members", default=30_000, show_default=True, type=click.IntRange(SMALLEST), help="Members of the shop."
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same shop.")
@click.option("--home", type=click.Path(path_type=Path, exists=True), help="Measure in a copy of this home instead,")
@click.option("--sources", type=click.Path(path_type=Path, exists=True), help="with its sources, up to the day before,")
@click.option("--next", "following", type=click.Path(path_type=Path, exists=True), help="and those of the day after.")
@click.option("--day", default=str(LAST_DAY), show_default=True, type=click.DateTime(["%Y-%m-%d"]), help="That day.")
@click.option("--scratch", type=click.Path(path_type=Path, file_okay=False), help="Work in this folder, and keep it.")
def main(
    members: int, seed: int, home: Path | None, sources: Path | None, following: Path | None, day: datetime,
    scratch: Path | None,
) -> None:  # fmt: skip
    """An hourly run beside the daily one, by stage; exit 1 where a run fails."""
    given = {"home": home, "sources": sources, "sources-next": following}
    if home and not (sources and following):
        raise click.UsageError("--home needs --sources and --next")
    with tempfile.TemporaryDirectory(prefix="kizuna-bench-") as temporary:
        folder = (scratch or Path(temporary)).resolve()
        try:
            for name, place in given.items():
                if home and place:
                    shutil.copytree(place, folder / "shop" / name)
            if home:
                _apart(settle, folder / "shop" / "home", folder / "shop" / "sources")
            else:
                new_shop(members, seed, folder / "shop")
            found = measure(folder / "shop", day.date() if home else LAST_DAY)
            new_shop(SMALLEST, seed, folder / "fixed")
            fixed = measure(folder / "fixed", LAST_DAY)
        except CommandFailed as failure:
            click.echo(f"bench: {failure}", err=True)
            sys.exit(1)
    click.echo(report(f"`{home}`" if home else f"{members:,} members", found, fixed))


if __name__ == "__main__":
    main(prog_name="python -m tests.bench.hourly")
