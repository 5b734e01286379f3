"""The demo: a simulated shop, run as of four weeks ago, what came of the messages listed then, and run again today.

The earlier run is there for the results: a home lists for the days to come, so what a message did can only be seen
later. A small shop has few steps due on one day; so that there is something to measure, that first run takes in the
steps of the month before (which a first run otherwise leaves alone) and holds three of ten customers out.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from dagster_project import progress, runner
from dagster_project.home import Home
from dagster_project.publish.runs import newest_published
from dagster_project.sample.responses import respond
from dagster_project.sample.simulate import simulate

EARLIER = timedelta(days=28)
HOLDOUT = {"KIZUNA_DEFAULT_HOLDOUT": "0.3"}
A_MONTH_AT_ONCE = {"KIZUNA_EXPIRES_AFTER_DAYS": "30"}


def run(home: Home, day: date, members: int, days: int, seed: int) -> None:
    """Simulate the shop and run it, the earlier day first where `home` is new. Again, it runs `day` alone."""
    sources = _sources(home, day, members, days, seed)
    with _unless_set(HOLDOUT):
        before = day - EARLIER
        if newest_published(home) is None and days > 2 * EARLIER.days:
            progress.report("demo", f"first as of {before}, four weeks ago: what was listed then has results by now")
            with _unless_set(A_MONTH_AT_ONCE):
                runner.run_daily(home, before, sources)
        if newest_published(home) == before:
            rows = respond(home, before, sources, seed)
            progress.report("demo", f"its lists were answered: {rows}; now as of {day}")
        runner.run_daily(home, day, sources)


def _sources(home: Home, day: date, members: int, days: int, seed: int) -> Path:
    """The folder of the simulated sources, made where it is not there yet."""
    sources = home.path / "demo-sources" / f"{day}-{members}-{days}-{seed}"
    if not sources.exists():
        aside = sources.with_name(sources.name + ".tmp")
        progress.report("simulate", f"{members:,} members, {days} days up to {day}")
        simulate(members=members, days=days, seed=seed, out=aside, last_day=day)
        aside.rename(sources)
    return sources


@contextmanager
def _unless_set(settings: dict[str, str]) -> Iterator[None]:
    """Settings of the demo in the environment for a while; those that the user set stay."""
    own = {name: value for name, value in settings.items() if name not in os.environ}
    os.environ.update(own)
    try:
        yield
    finally:
        for name in own:
            del os.environ[name]
