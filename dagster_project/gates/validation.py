"""Running suites with Great Expectations against the warehouse, and its Data Docs.

Results keep counts only: no value of a row gets into a check's metadata or into the docs.
"""

import os
import shutil
from dataclasses import dataclass
from functools import cache
from typing import Any

from dagster_project.errors import StageFailed
from dagster_project.gates.suites import Suite
from dagster_project.home import Home

RESULT_FORMAT = {"result_format": "BASIC", "exclude_unexpected_values": True, "partial_unexpected_count": 0,
                 "include_unexpected_rows": False}


@dataclass(frozen=True)
class Verdict:
    """One expectation's result: `observed` is a figure, never a value of a row."""

    expectation: str
    column: str
    severity: str
    passed: bool
    observed: str


@cache
def _context(home: Home) -> Any:
    """One ephemeral GX context per process and home: its import alone costs seconds."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    from dagster_project.gates import buffered

    buffered.register()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    context.data_sources.add_sql("warehouse", connection_string=f"duckdb+buffered:///{home.warehouse}")
    context.add_data_docs_site("kizuna", {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {"class_name": "TupleFilesystemStoreBackend",
                          "base_directory": str(home.docs / "great_expectations")},
    })
    return context


def validate(home: Home, suite: Suite) -> list[Verdict]:
    """Run `suite`; one verdict per expectation.

    Raises StageFailed where an expectation could not be evaluated: that is neither a pass nor a data failure.
    """
    import great_expectations as gx
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    context = _context(home)
    source = context.data_sources.get("warehouse")
    if suite.name in {asset.name for asset in source.assets}:
        context.validation_definitions.delete(suite.name)
        context.suites.delete(suite.name)
        source.delete_asset(suite.name)
    asset = source.add_table_asset(suite.name, table_name=suite.table, schema_name=suite.schema)
    expectations = gx.ExpectationSuite(name=suite.name)
    for given in suite.expectations:
        expectations.add_expectation_configuration(ExpectationConfiguration(
            type=given["type"], kwargs=given.get("kwargs", {}), severity=given.get("severity", "critical"),
            notes=given.get("notes")))
    definition = context.validation_definitions.add(gx.ValidationDefinition(
        name=suite.name, data=asset.add_batch_definition_whole_table("whole"), suite=context.suites.add(expectations)))
    checkpoint = gx.Checkpoint(name=suite.name, validation_definitions=[definition], result_format=RESULT_FORMAT)
    [result] = checkpoint.run().run_results.values()
    return [_verdict(suite, item) for item in result.results]


def _verdict(suite: Suite, item: Any) -> Verdict:
    configuration = item.expectation_config
    info = item.exception_info or {}
    details = [info] if "raised_exception" in info else list(info.values())
    raised = [detail for detail in details if detail.get("raised_exception")]
    if raised:
        raise StageFailed(f"expectation {configuration.type} on {suite.name} could not be evaluated: "
                          f"{raised[0].get('exception_message')}")
    observed = item.result.get("unexpected_count", item.result.get("observed_value"))
    return Verdict(configuration.type, str(configuration.kwargs.get("column", "")),
                   str(getattr(configuration.severity, "value", configuration.severity)), bool(item.success),
                   str(observed))


def write_docs(home: Home) -> None:
    """Build the Data Docs of everything validated in this process under the home's `docs/`."""
    folder = home.docs / "great_expectations"
    shutil.rmtree(folder, ignore_errors=True)
    _context(home).build_data_docs(site_names=["kizuna"])
