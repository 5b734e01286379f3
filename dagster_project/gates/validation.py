"""Running suites with Great Expectations against the warehouse, and its Data Docs.

Results keep counts only: no value of a row gets into a check's metadata or into the docs, but for columns that an
expectation names as harmless (`meta: {shows: ...}`), such as a source or a file.
"""

import os
import re
import shutil
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from dagster_project import warehouse
from dagster_project.errors import ConfigurationError, Fault, StageFailed
from dagster_project.gates.suites import ROWS, Suite
from dagster_project.home import Home

RESULT_FORMAT = {
    "result_format": "BASIC",
    "exclude_unexpected_values": True,
    "partial_unexpected_count": 0,
    "include_unexpected_rows": False,
}
# So many rows of `shows` tell where to look; more would bury the message.
SHOWN_ROWS = 5


@dataclass(frozen=True)
class Verdict:
    """One expectation's result. `observed` is a figure; `shown` are the harmless columns of rows that broke it."""

    expectation: str
    column: str
    severity: str
    passed: bool
    observed: str
    description: str = ""
    shown: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        told = self.description or f"{self.expectation} {self.column}".strip()
        return f"{told}: not so ({', '.join(filter(None, [f'observed {self.observed}', self.shown]))})"


_contexts: list[Any] = []


@cache
def _context(home: Home) -> Any:
    """One ephemeral GX context per process and home: its import alone costs seconds."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    from dagster_project.gates import buffered

    buffered.register()
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    context.data_sources.add_sql("warehouse", connection_string=f"duckdb+buffered:///{home.warehouse}")
    context.add_data_docs_site(
        "kizuna",
        {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(home.docs / "great_expectations"),
            },
        },
    )
    _contexts.append(context)
    return context


def release() -> None:
    """Close the connections that contexts of this process hold; the next validation opens its own."""
    for context in _contexts:
        source = context.data_sources.get("warehouse")
        source.get_execution_engine().close()
        source.get_engine().dispose()  # another engine, by which assets are looked up


def validate(home: Home, suite: Suite) -> list[Verdict]:
    """Run `suite`; one verdict per expectation.

    Raises ConfigurationError where Great Expectations knows no such expectation, and StageFailed where one could not be
    evaluated: that is neither a pass nor a data failure.
    """
    import great_expectations as gx

    expectations = _expectations(suite)
    context = _context(home)
    source = context.data_sources.get("warehouse")
    if suite.name in {asset.name for asset in source.assets}:
        context.validation_definitions.delete(suite.name)
        context.suites.delete(suite.name)
        source.delete_asset(suite.name)
    asset = source.add_table_asset(suite.name, table_name=suite.table, schema_name=suite.schema)
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(
            name=suite.name,
            data=asset.add_batch_definition_whole_table("whole"),
            suite=context.suites.add(gx.ExpectationSuite(name=suite.name, expectations=expectations)),
        )
    )
    # A validation definition keeps its result for the Data Docs by itself; a checkpoint would only add actions.
    try:
        return [_verdict(home, suite, item) for item in definition.run(result_format=RESULT_FORMAT).results]
    except StageFailed:
        _forget_results(context, suite)
        raise


def _expectations(suite: Suite) -> list[Any]:
    from great_expectations.exceptions import GreatExpectationsError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    made, faults = [], []
    for number, given in enumerate(suite.expectations, 1):
        try:
            made.append(
                ExpectationConfiguration(
                    type=given["type"],
                    kwargs=given.get("kwargs", {}),
                    severity=given.get("severity", "critical"),
                    description=given.get("description"),
                    notes=given.get("notes"),
                    meta=given.get("meta"),
                ).to_domain_obj()
            )
        except (GreatExpectationsError, ValueError) as error:  # its own for a type, pydantic's for kwargs
            message = " ".join(str(error).split())
            faults.append(Fault(f"expectations/{suite.stage}/{suite.table}.yml", 0, f"expectation {number}: {message}"))
    if faults:
        raise ConfigurationError(faults)
    return made


def _forget_results(context: Any, suite: Suite) -> None:
    """Keep an error of a check out of the Data Docs: the database's message may quote a value of a row."""
    store = context.validation_results_store
    for key in store.list_keys():
        if key.expectation_suite_identifier.name == suite.name:
            store.remove_key(key)


def _verdict(home: Home, suite: Suite, item: Any) -> Verdict:
    configuration = item.expectation_config
    info = item.exception_info or {}
    details = [info] if "raised_exception" in info else list(info.values())
    raised = [detail for detail in details if detail.get("raised_exception")]
    if raised:
        raise StageFailed(
            f"gate of stage {suite.stage}: expectation {configuration.type} on {suite.name} could not be evaluated: "
            f"{_without_values(str(raised[0].get('exception_message')))}. The check is at fault, not the data: mend "
            f"expectations/{suite.stage}/{suite.table}.yml and run again. Nothing after it was built; what is "
            "published stays as it was."
        )
    observed = item.result.get("unexpected_count", item.result.get("observed_value"))
    meta = configuration.meta or {}
    passed = bool(item.success)
    return Verdict(
        configuration.type,
        str(configuration.kwargs.get("column", "")),
        str(getattr(configuration.severity, "value", configuration.severity)),
        passed,
        str(observed),
        configuration.description or "",
        ""
        if passed or configuration.type != ROWS
        else _shown(home, suite, configuration.kwargs["unexpected_rows_query"], meta.get("shows", [])),
        meta.get("remedy", ""),
    )


def _shown(home: Home, suite: Suite, query: str, columns: list[str]) -> str:
    if not columns:
        return ""
    con = warehouse.connect(home)
    try:
        return shown(con, query.format(batch=suite.relation), columns)
    finally:
        con.close()


def shown(con: duckdb.DuckDBPyConnection, query: str, columns: list[str]) -> str:
    """The harmless `columns` of the first rows that broke an expectation, as text; nothing where there are none."""
    if not columns:
        return ""
    rows = con.execute(
        f"select distinct {', '.join(columns)} from ({query}) order by all limit {SHOWN_ROWS}"
    ).fetchall()
    return "; ".join(", ".join(f"{column} {value}" for column, value in zip(columns, row, strict=True)) for row in rows)


def _without_values(message: str) -> str:
    """A database's message without the values it quotes (`Could not convert string '...'`), on one line."""
    return " ".join(re.sub(r"'[^']*'", "'...'", message.split("[SQL:")[0]).split())[:400]


def write_docs(home: Home) -> None:
    """Build the Data Docs of everything validated in this process under the home's `docs/`."""
    folder = home.docs / "great_expectations"
    shutil.rmtree(folder, ignore_errors=True)
    _context(home).build_data_docs(site_names=["kizuna"])
