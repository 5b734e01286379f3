"""Running a Dagster job in this process, for the command line: the same job, instance and records as in the UI."""

import logging
import os
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any

from dagster_project import doctor, progress
from dagster_project.errors import HomeBusy, KizunaError, StageFailed, remedy
from dagster_project.files import write_atomically
from dagster_project.home import Home
from dagster_project.publish import first_day

INSTANCE = b"""# Dagster's instance of this home.
telemetry:
  enabled: false
# Without this the UI opens with an invitation to a newsletter over whatever page was asked for.
nux:
  enabled: false
# A home takes one run at a time: of a backfill of many days nine others would wait for it, and then give up.
concurrency:
  runs:
    tag_concurrency_limits:
      - key: dagster/backfill
        value:
          applyLimitPerUniqueValue: true
        limit: 1
event_log_storage:
  module: dagster_project.event_log
  class: PooledEventLogStorage
  config:
    base_dir:
      env: DAGSTER_HOME
"""


def prepare_environment(home: Home, sources: Path | None = None) -> None:
    """What the Dagster code location, dbt and Great Expectations read from the environment."""
    os.environ["KIZUNA_HOME"] = str(home.path)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    if sources is not None:
        os.environ["KIZUNA_SOURCES"] = str(sources.resolve())
    if not (home.dagster / "dagster.yaml").exists():
        write_atomically(home.dagster / "dagster.yaml", INSTANCE)


def run_daily(home: Home, as_of: date, sources: Path, skip_refused: bool = False) -> None:
    """The daily job of `as_of`, whole.

    Raises ConfigurationError before anything runs, LandingRefused, HomeBusy, or StageFailed.
    """
    _run(home, "daily", as_of, sources, skip_refused, {})


def run_hourly(home: Home, at: datetime, as_of: date, sources: Path, skip_refused: bool = False) -> str | None:
    """The hourly job with `at` (aware, a full hour) as its cut-off; errors as `run_daily` but for HomeBusy.

    Waits for another run to end as long as the setting hourly_wait_minutes says; returns why it was skipped, where that
    was not enough: what is due then goes out with the next run.
    """
    from dagster_project.resources import CUT_OFF_TAG, HOURLY_JOB, skipped, wait_for_home

    with ExitStack() as held:
        try:
            held.enter_context(wait_for_home(home, f"{HOURLY_JOB} of {as_of}"))
        except HomeBusy as busy:
            progress.report("skipped", text := skipped(busy))
            return text
        _run(home, HOURLY_JOB, as_of, sources, skip_refused, {CUT_OFF_TAG: at.isoformat()})
    return None


def last_sources(home: Home) -> Path | None:
    """The sources folder of the last run in this home, None before the first."""
    file = _sources_mark(home)
    return Path(file.read_text(encoding="utf-8")) if file.exists() else None


def _sources_mark(home: Home) -> Path:
    return home.dagster / "sources_folder"


def _run(home: Home, job_name: str, as_of: date, sources: Path, skip_refused: bool, tags: dict[str, str]) -> None:
    with home.lock(f"{job_name} of {as_of}"):
        prepare_environment(home, sources)
        doctor.require_sound()
        first_day.include(home, as_of)
        write_atomically(_sources_mark(home), str(sources.resolve()).encode())
        progress.report("start", f"{job_name} of {as_of} in {home.path}")
        logging.getLogger("dagster").setLevel(logging.CRITICAL)
        from dagster import DagsterInstance

        from dagster_project.definitions import defs

        job = defs.resolve_job_def(job_name)
        with DagsterInstance.get() as instance:
            result = job.execute_in_process(
                partition_key=str(as_of),
                instance=instance,
                raise_on_error=False,
                tags=tags,
                run_config={
                    "ops": {"landing": {"config": {"sources": str(sources.resolve()), "skip_refused": skip_refused}}},
                    # Progress tells a person what happens; the event log of the instance keeps everything.
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
            )
        if not result.success:
            raise _failure(result)
        progress.report("done", f"{job_name} of {as_of}")


def _failure(result: Any) -> KizunaError:
    """The error that stopped the run, as its own class where it is one of ours."""
    for event in result.all_events:
        if event.is_step_failure:
            error = event.event_specific_data.error
            while error.cause is not None:
                error = error.cause
            for kind in _all_errors(KizunaError):
                if kind.__name__ == error.cls_name:
                    own = KizunaError(error.message.split(": ", 1)[-1].strip())
                    own.exit_code = kind.exit_code
                    return own
            told = f"step {event.step_key} failed: {error.message.strip()}"
            if mend := remedy(told):
                return StageFailed(f"{told}; {mend}")
            return StageFailed(
                f"{told.rstrip('.')}. Look at the run in the Dagster UI (kizuna ui) for where it happened."
            )
    return StageFailed("the run failed; look at it in the Dagster UI (kizuna ui)")


def _all_errors(kind: type[KizunaError]) -> list[type[KizunaError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _all_errors(child))]
