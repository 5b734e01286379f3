"""Gates: what must hold before the next stage is built.

dbt tests guard a model's keys, types, relations and logic; the suites here guard what crosses a boundary: volumes,
ranges, shares, freshness. Critical expectations stop the run, warnings show.
"""

from collections.abc import Iterator

from dagster import AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, AssetKey, MetadataValue

from dagster_project import progress
from dagster_project.errors import StageFailed
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


def run(stage: str, home: Home) -> Iterator[AssetCheckResult]:
    """Run every suite of `stage`; raises StageFailed at the end where a critical expectation failed."""
    from dagster_project.gates.validation import validate, write_docs

    failures: list[str] = []
    remedies: list[str] = []
    for suite in load_suites(stage):
        verdicts = validate(home, suite)
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
        write_docs(home)
        raise StageFailed(
            f"gate of stage {stage}: " + "; ".join(failures) + ". Nothing after it was built; what is published stays "
            "as it was. " + " ".join([*remedies, f"Every result: {home.docs}/great_expectations/index.html"])
        )


def _key(suite: Suite) -> AssetKey:
    return AssetKey([suite.stage, suite.table])
