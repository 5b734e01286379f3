"""Gates: what must hold before the next stage is built.

dbt tests guard a model's keys, types, relations and logic; the suites here guard what crosses a boundary: volumes,
ranges, shares, freshness. Critical expectations stop the run, warnings show.
"""

from collections.abc import Collection, Iterator

import duckdb
from dagster import AssetCheckKey, AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, AssetKey, MetadataValue

from dagster_project import progress
from dagster_project.errors import StageFailed
from dagster_project.gates import plain
from dagster_project.gates.suites import Suite, load_suites
from dagster_project.home import Home

CHECK = "expectations"


def check_specs(stage: str) -> list[AssetCheckSpec]:
    """One blocking asset check per suite of `stage`."""
    return [
        AssetCheckSpec(
            CHECK,
            asset=_key(suite),
            blocking=True,
            description="\n".join(
                f"- {expectation.get('description', expectation['type'])}" for expectation in suite.expectations
            ),
        )
        for suite in load_suites(stage)
    ]


def check_keys(stage: str, relations: Collection[str]) -> list[AssetCheckKey]:
    """The checks of those suites of `stage` that hold something critical about one of `relations`."""
    return [
        AssetCheckKey(_key(suite), CHECK)
        for suite in load_suites(stage)
        if suite.relation in relations and plain.critical(suite)
    ]


def run(
    stage: str,
    home: Home,
    hourly: duckdb.DuckDBPyConnection | None = None,
    wanted: Collection[AssetCheckKey] | None = None,
) -> Iterator[AssetCheckResult]:
    """Run the suites of `stage` (those `wanted`); raises StageFailed at the end where a critical expectation failed.

    `hourly`: the connection of an hourly run, which makes the critical ones alone and spares Great Expectations.
    """
    from dagster_project.gates.validation import validate, write_docs

    failures: list[str] = []
    remedies: list[str] = []
    for suite in load_suites(stage):
        if wanted is not None and AssetCheckKey(_key(suite), CHECK) not in wanted:
            continue
        verdicts = plain.judge(hourly, suite) if hourly is not None else validate(home, suite)
        broken = [verdict for verdict in verdicts if not verdict.passed]
        critical = [verdict for verdict in broken if verdict.severity == "critical"]
        failures += [f"{suite.name}: {verdict}" for verdict in critical]
        remedies += [verdict.remedy for verdict in critical if verdict.remedy not in ("", *remedies)]
        for verdict in broken:
            progress.report("", f"{verdict.severity}: {suite.name}: {verdict}")
        yield AssetCheckResult(
            passed=not broken,
            asset_key=_key(suite),
            check_name=CHECK,
            severity=AssetCheckSeverity.ERROR if critical else AssetCheckSeverity.WARN,
            metadata={
                "results": MetadataValue.md(
                    "\n".join(
                        ["| expectation | severity | passed | observed |", "|---|---|---|---|"]
                        + [
                            f"| {verdict.description or verdict.expectation} | {verdict.severity} | {verdict.passed} |"
                            f" {verdict.observed} {verdict.shown} |"
                            for verdict in verdicts
                        ]
                    )
                )
            },
        )
    if failures:
        if hourly is None:
            write_docs(home)
            remedies.append(f"Every result: {home.docs}/great_expectations/index.html")
        raise StageFailed(
            f"gate of stage {stage}: " + "; ".join(failures) + ". Nothing after it was built; what is published stays "
            "as it was. " + " ".join(remedies)
        )


def _key(suite: Suite) -> AssetKey:
    return AssetKey([suite.stage, suite.table])
