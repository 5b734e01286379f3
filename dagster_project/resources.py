"""Things outside, as Dagster resources: the home of the run, held for as long as the run lasts."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import duckdb
from dagster import AssetExecutionContext, ConfigurableResource, InitResourceContext
from pydantic import PrivateAttr

from dagster_project import progress, warehouse
from dagster_project.home import Home
from dagster_project.publish.runs import newest_published
from dagster_project.run_context import RunContext, write_context

CUT_OFF_TAG = "kizuna/at"


class HomeResource(ConfigurableResource):
    """The home that a run works in. One run at a time: the lock is taken when the run starts."""

    path: str

    _home: Home = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Generator["HomeResource", None, None]:
        """Hold the home's lock for the whole run."""
        self._home = Home.open(self.path)
        run = context.run
        with self._home.lock(f"{run.job_name} of {run.tags.get('dagster/partition', '')}" if run else "a run"):
            yield self

    @property
    def home(self) -> Home:
        """The opened home."""
        return self._home

    @contextmanager
    def stage(
        self, context: AssetExecutionContext, name: str
    ) -> Iterator[tuple[duckdb.DuckDBPyConnection, RunContext]]:
        """A connection for one stage, with `run.context` written for the run's partition."""
        run = run_context(context, self._home)
        progress.report(name, "started")
        con = warehouse.connect(self._home)
        try:
            write_context(con, self._home, run)
            yield con, run
        finally:
            con.close()


def run_context(context: AssetExecutionContext, home: Home) -> RunContext:
    """The run's context: its partition is the as_of; an hourly run carries its cut-off as a tag."""
    as_of = date.fromisoformat(context.partition_key)
    newest = newest_published(home)
    at = context.run.tags.get(CUT_OFF_TAG)
    if at is None:
        return RunContext.daily(as_of, is_newest=newest is None or as_of >= newest)
    cut_off = datetime.fromisoformat(at).astimezone(UTC).replace(tzinfo=None)
    return RunContext(as_of, cut_off, is_newest=newest is None or as_of >= newest, is_hourly=True)
