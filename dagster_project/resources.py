"""Things outside, as Dagster resources: the home of the run, held for as long as the run lasts."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta

import duckdb
from dagster import AssetExecutionContext, ConfigurableResource, DagsterRun, InitResourceContext
from pydantic import PrivateAttr

from dagster_project import progress, stage_days, warehouse
from dagster_project.errors import HomeBusy
from dagster_project.home import Home
from dagster_project.privacy.freed_space import compact_if_due
from dagster_project.publish.runs import newest_published
from dagster_project.run_context import RunContext, end_of_day, write_context
from dagster_project.settings import effective_settings

CUT_OFF_TAG = "kizuna/at"
HOURLY_JOB = "hourly_activation"


class HomeResource(ConfigurableResource):
    """The home that a run works in. One run at a time: the lock is taken when the run starts."""

    path: str

    _home: Home = PrivateAttr()
    _started_at: datetime = PrivateAttr()
    _skipped: str | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Generator["HomeResource", None, None]:
        """Hold the home's lock for the whole run; wait for it, since schedules start runs at the same minute.

        An hourly run that has waited long enough is skipped: the next one does its work.
        """
        self._home = Home.open(self.path)
        self._started_at = datetime.now(UTC)
        run = context.run
        with ExitStack() as held:
            try:
                held.enter_context(wait_for_home(self._home, _named(run) if run else "a run"))
                published = newest_published(self._home)
                if published is not None:
                    compact_if_due(self._home, published)  # where a run that stopped could not
                held.callback(compact_if_due, self._home, _last_day_over(run, published))
            except HomeBusy as busy:
                if run is None or run.job_name != HOURLY_JOB:
                    raise
                self._skipped = skipped(busy)
            yield self

    @property
    def home(self) -> Home:
        """The opened home."""
        return self._home

    def is_skipped(self, context: AssetExecutionContext) -> bool:
        """Whether this hourly run is skipped, because another one holds the home. The first steps ask, and say so."""
        if self._skipped is not None:
            context.log.warning(self._skipped)
        return self._skipped is not None

    @contextmanager
    def stage(
        self, context: AssetExecutionContext, name: str
    ) -> Iterator[tuple[duckdb.DuckDBPyConnection, RunContext]]:
        """A connection for one stage, with `run.context` written for the run's partition.

        Raises StageFailed where the stages before it are of another run.
        """
        run = run_context(context.run, date.fromisoformat(context.partition_key), self._home, self._started_at)
        progress.report(name, "started")
        con = warehouse.connect(self._home)
        try:
            was_of_day = stage_days.begin(con, name, run)
            write_context(con, self._home, run)
            yield con, run
            if was_of_day or not context.is_subset:
                stage_days.end(con, name, run)
        finally:
            con.close()


@contextmanager
def wait_for_home(home: Home, what: str) -> Iterator[None]:
    """Hold the home as soon as it is free, waiting as long as the setting hourly_wait_minutes says; raises HomeBusy."""
    try:
        minutes = float(effective_settings()["hourly_wait_minutes"])
    except (KeyError, ValueError):
        minutes = 0  # the run itself names the fault, with file and line
    with home.lock(what, minutes * 60, lambda holder: progress.report("waiting", f"the home is held by {holder}")):
        yield


def _last_day_over(run: DagsterRun | None, published: date | None) -> date:
    """The latest day that is over: that of a daily run or, in a backfill, the newest published one; of an hourly run,
    which is in the midst of its day, the day before.
    """
    given = run.tags.get("dagster/partition") if run else None
    days = [published] if published else []
    if run and given:
        days.append(date.fromisoformat(given) - timedelta(days=run.job_name == HOURLY_JOB))
    return max(days, default=date.min)


def skipped(busy: HomeBusy) -> str:
    """What a skipped hourly run says."""
    return f"skipped: {busy.args[0].partition(';')[0]}; what is due goes out with the next run"


def is_hourly(run: DagsterRun) -> bool:
    """Whether a run is an hourly one: by its job, or by its cut-off."""
    return run.job_name == HOURLY_JOB or CUT_OFF_TAG in run.tags


def run_context(run: DagsterRun, as_of: date, home: Home, started_at: datetime) -> RunContext:
    """The run's context: its partition is the as_of; an hourly run has its cut-off as a tag, else the hour before its
    start, on its day."""
    newest = newest_published(home)
    is_newest = newest is None or as_of >= newest
    if not is_hourly(run):
        return RunContext.daily(as_of, is_newest)
    at = datetime.fromisoformat(run.tags.get(CUT_OFF_TAG, started_at.isoformat())).astimezone(UTC)
    cut_off = at.replace(minute=0, second=0, microsecond=0, tzinfo=None)
    in_day = max(min(cut_off, end_of_day(as_of)), end_of_day(as_of - timedelta(days=1)))
    return RunContext(as_of, in_day, is_newest, is_hourly=True)


def _named(run: DagsterRun) -> str:
    return f"{run.job_name} of {run.tags.get('dagster/partition', '')}"
