"""dbt in the same process: its start-up is paid once, not at every stage, and its events come to the caller.

The parsed manifest is kept per process; dbt's own partial parsing keeps it fast between processes.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dagster_project.errors import ConfigurationError, Fault, StageFailed
from dagster_project.home import Home
from dagster_project.project import DBT_PROJECT, seeds

# Results reach the caller as objects and events; writing the manifest costs a second each time.
WRITES = {"parse": ("--no-write-json",), "build": ("--no-write-json",)}

_manifests: dict[Path, Any] = {}


def environment(home: Home) -> dict[str, str]:
    """The environment that dbt's project and profile read."""
    return {
        "KIZUNA_WAREHOUSE": str(home.warehouse),
        "KIZUNA_DBT_SEEDS": os.path.relpath(seeds(), DBT_PROJECT),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def invoke(
    home: Home, arguments: list[str], callbacks: list[Callable[[Any], None]] | None = None, manifest: Any = None
) -> Any:
    """Run one dbt command (`["build", "--select", "fqn:kizuna.core"]`) against `home`; returns dbtRunnerResult.

    `manifest` (from `parsed`) saves parsing again. dbt's own exceptions stay in the result.
    """
    from dbt.cli.main import dbtRunner
    from dbt_common.events.event_manager_client import ctx_set_event_manager

    from dagster_project.dbt_events import ResultsOnly

    os.environ.update(environment(home))
    ctx_set_event_manager(ResultsOnly())
    return dbtRunner(manifest=manifest, callbacks=callbacks or []).invoke(
        [
            *arguments,
            "--project-dir",
            str(DBT_PROJECT),
            "--profiles-dir",
            str(DBT_PROJECT),
            "--target-path",
            str(home.dbt / "target"),
            "--log-path",
            str(home.dbt / "logs"),
            "--log-level",
            "none",
            "--log-level-file",
            "none",
            "--no-use-colors",
            *WRITES.get(arguments[0], ()),
        ],
    )


def release() -> None:
    """Close the connection that dbt keeps open in this process; its next command opens another."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    kept = DuckDBConnectionManager._ENV
    DuckDBConnectionManager.close_all_connections()
    if kept is not None:
        kept.close()


def parsed(home: Home) -> Any:
    """dbt's Manifest of the project, parsed once per process and folder of seeds; nothing of a home is in it.

    Raises ConfigurationError where a model, rule table or yml cannot be parsed.
    """
    if seeds() not in _manifests:
        result = invoke(home, ["parse"])
        if not result.success:
            raise ConfigurationError([Fault("dbt_project", 0, f"dbt cannot parse the project: {result.exception}")])
        _manifests[seeds()] = result.result
    return _manifests[seeds()]


def adopt(manifest: Any) -> None:
    """Take `manifest`, parsed by another process from this project and these seeds, as what `parsed` gives."""
    _manifests[seeds()] = manifest


def build(
    home: Home,
    select: str,
    callbacks: list[Callable[[Any], None]] | None = None,
    full_refresh: bool = False,
    with_tests: bool = True,
) -> Any:
    """`dbt build` of `select` with its tests (unit tests belong to `make test`); returns dbt's RunExecutionResult.

    Not `with_tests`: with those tests alone that `select` names.

    Raises StageFailed only where dbt itself broke; failed nodes are in the result.
    """
    result = invoke(
        home,
        [
            "build",
            "--select",
            select,
            "--exclude-resource-type",
            "unit_test",
            "--indirect-selection",
            "buildable" if with_tests else "empty",
            # The same order of models and tests by fewer edges: linking the graph is a tenth of a build without.
            "--use-fast-test-edges",
            *(["--full-refresh"] if full_refresh else []),
        ],
        callbacks=callbacks,
        manifest=parsed(home),
    )
    if result.exception is not None:
        raise StageFailed(f"dbt stopped: {result.exception}")
    return result.result
