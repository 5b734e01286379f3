"""A stage of dbt models as one Dagster step: build, dbt tests, Great Expectations suites, in this order.

One step per stage makes the gate: a step that fails, for whatever reason, leaves every later stage unbuilt. An hourly
run builds a part of it (`hourly/selection.py`), and makes the critical checks of that part.
"""

import queue
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    Output,
    PartitionsDefinition,
    multi_asset,
)
from dagster_dbt import DagsterDbtTranslator, DbtProject
from dagster_dbt.asset_utils import build_dbt_specs
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from dagster_project import dbt_runner, gates, loaded_rules, progress, proven
from dagster_project.dbt_checks import described
from dagster_project.errors import StageFailed, remedy
from dagster_project.hourly.selection import tests_of
from dagster_project.previews import preview
from dagster_project.resources import HomeResource

OWNER = "team:data-platform"
SEEDS = "resource_type:seed"
LANDED = re.compile(r"/.*/landing/\w+/[0-9a-f]{16}\.parquet")  # named by a hash, so it may be told


class StageTranslator(DagsterDbtTranslator):
    """Assets are `<stage>/<name>`, groups are stages: a model's folder, a seed's `rules`, a source's own name."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """`<stage>/<name>`."""
        if dbt_resource_props.get("source_name") == "run" and dbt_resource_props["name"] == "files":
            return AssetKey(["landing", "files"])
        return AssetKey([self.get_group_name(dbt_resource_props), dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The stage."""
        if dbt_resource_props["resource_type"] == "seed":
            return "rules"
        if dbt_resource_props["resource_type"] == "source":
            return dbt_resource_props["schema"]
        return dbt_resource_props["fqn"][1]

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """What the model's yml says; its SQL is one click away in dbt docs."""
        return dbt_resource_props.get("description") or ""

    def get_asset_check_spec(
        self, asset_spec: AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> AssetCheckSpec | None:
        """dagster-dbt's, with what the test asks."""
        found = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return found and found._replace(description=described(manifest["nodes"][unique_id], manifest))

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """One team owns the pipeline."""
        return [OWNER]


TRANSLATOR = StageTranslator()


def handed_over(manifest: Mapping[str, Any], made: Set[AssetKey]) -> list[AssetSpec]:
    """Tables that steps write and hand over to models, and that are nobody's asset: with what they hold, where the
    lineage would show a bare name."""
    sources = {TRANSLATOR.get_asset_key(source): source for source in manifest["sources"].values()}
    return [
        AssetSpec(
            key,
            group_name=TRANSLATOR.get_group_name(sources[key]),
            description=TRANSLATOR.get_description(sources[key]),
            owners=[OWNER],
            kinds={"duckdb"},
        )
        for key in sorted(sources.keys() - made)
    ]


def dbt_stage(
    stage: str,
    manifest: Mapping[str, Any],
    partitions: PartitionsDefinition,
    extra_specs: list[AssetSpec] | None = None,
    before: Sequence[Any] = (),
) -> AssetsDefinition:
    """The Dagster step of `stage`: every dbt model under `models/<stage>` (or the seeds, for `rules`).

    Each `before(con, home, run)` yields Outputs of `extra_specs`: Python tables that the models read.
    """
    select = SEEDS if stage == "rules" else f"fqn:kizuna.{stage}"
    specs, check_specs = build_dbt_specs(
        translator=TRANSLATOR,
        manifest=manifest,
        select=select,
        exclude="",
        selector="",
        io_manager_key=None,
        project=None,
    )
    extra_keys = {spec.key for spec in extra_specs or []}
    specs = [
        spec.replace_attributes(deps=[dep for dep in spec.deps if dep.asset_key not in extra_keys]) for spec in specs
    ]

    @multi_asset(
        name=stage,
        specs=[*specs, *(extra_specs or [])],
        check_specs=[*check_specs, *gates.check_specs(stage)],
        partitions_def=partitions,
        can_subset=True,
        op_tags={"stage": stage},
    )
    def step(context: AssetExecutionContext, home: HomeResource) -> Iterator[Any]:
        if home.is_skipped(context):
            return
        with home.stage(context, stage) as (con, run):
            if stage == "rules" and loaded_rules.are_loaded(con):
                yield from (Output(None, output_name=name) for name in sorted(context.selected_output_names))
                return
            for prepare in before:
                made = prepare(con, home.home, run)
                yield from (table for table in made if table.asset_key in context.selected_asset_keys)
            if stage == "rules":
                loaded_rules.forget(con)
            failures: list[str] = []
            was_left = proven.begin(con, stage)
            selection = _part(manifest, specs, context.selected_asset_keys, run.is_hourly)
            with_tests = selection is None or not run.is_hourly
            outputs = {key.to_python_identifier() for key in context.selected_asset_keys - extra_keys}
            for event in _dbt_events(home, selection or select, with_tests, manifest, context, con):
                if isinstance(event, Output):
                    outputs.discard(event.output_name)
                    yield _with_figures(event, con, manifest)
                elif isinstance(event, AssetCheckResult):
                    yield event
                else:
                    failures.append(event)
            # Without this, a table that dbt left out would let the run go on without the stages after it.
            if outputs and not failures:
                failures.append(f"dbt did not build {', '.join(sorted(outputs))}")
            if failures:
                raise StageFailed(
                    f"stage {stage}: "
                    + "; ".join(failures)
                    + ". Nothing after it was built; what is published stays as it was."
                )
            if stage == "rules":
                loaded_rules.note(con)
            if selection is None or not was_left:  # a part says nothing of the rest
                proven.end(con, stage)
            yield from gates.run(
                stage, home.home, con if run.is_hourly else None, wanted=context.selected_asset_check_keys
            )

    return step


def _part(
    manifest: Mapping[str, Any], specs: Sequence[AssetSpec], selected: Set[AssetKey], is_hourly: bool
) -> str | None:
    """What dbt is to build of a stage of which a part is `selected`, and the tests of an hourly run; None where all
    of it is."""
    names = {spec.key.path[-1] for spec in specs if spec.key in selected}
    tests = tests_of(manifest, names) if is_hourly else []
    return None if len(names) == len(specs) else " ".join([*sorted(names), *tests])


def _dbt_events(
    home: HomeResource,
    select: str,
    with_tests: bool,
    manifest: Mapping[str, Any],
    context: AssetExecutionContext,
    con: Any,
) -> Iterator[Any]:
    """dbt's results as Dagster events, and one text per failed node."""
    from dbt_common.events.functions import msg_to_dict

    from dagster_project.dbt_events import RESULTS

    messages: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def on_event(message: Any) -> None:
        if message.info.name in RESULTS:
            messages.put(msg_to_dict(message))

    # A rule table whose columns changed is made anew; the tables are small.
    result = dbt_runner.build(
        home.home, select, callbacks=[on_event], full_refresh=select == SEEDS, with_tests=with_tests
    )
    while not messages.empty():
        message = DbtCoreCliEventMessage(raw_event=messages.get(), event_history_metadata={})
        for event in message.to_default_asset_events(manifest, TRANSLATOR, context):
            if isinstance(event, Output | AssetCheckResult):
                yield event
    for node in result.results:
        if node.status in ("error", "fail", "runtime error"):
            yield f"{_named(node.node)} {node.status}: {_told(node.message)}{_broken(con, node)}"


def _named(node: Any) -> str:
    """`model scores`; a test by what it tests: dbt shortens the name of a long one to a hash."""
    if node.resource_type != "test" or node.test_metadata is None:
        return f"{node.resource_type} {node.name}"
    tested = node.attached_node or next(iter(node.depends_on.nodes))
    return f"test {node.test_metadata.name} of {tested.rpartition('.')[2]}"


def _broken(con: Any, result: Any) -> str:
    """Which conditions of a failed `holds` test are broken, in how many rows."""
    metadata = getattr(result.node, "test_metadata", None)
    if result.status != "fail" or metadata is None or metadata.name != "holds":
        return ""
    counts = con.execute(f"select condition, count(*) from ({result.node.compiled_code}) group by all order by all")
    return "; ".join(f" {condition} (not so in {rows} rows)" for condition, rows in counts.fetchall())


def _told(message: str | None) -> str:
    """A message of dbt or the database on one line, without the values that it quotes: they may be personal."""
    text, trace, inner = (message or "").rpartition("Traceback (most recent call last):\n")
    lines = textwrap.dedent(inner).splitlines()
    if trace:
        # A Python model: not where it happened, only what.
        last = max((number for number, line in enumerate(lines) if line.startswith("  ")), default=-1)
        lines = [text.partition("Traceback")[0], re.sub(r"^[\w.]+: ", "", "\n".join(lines[last + 1 :]))]
    text = "\n".join(lines)
    text = re.sub(r"'([^']*)'", lambda quoted: quoted[0] if LANDED.fullmatch(quoted[1]) else "'...'", text)
    told = " ".join(text.split())[:600]
    return f"{told}; {mend}" if (mend := remedy(told)) else told


def _with_figures(output: Output, con: Any, manifest: Mapping[str, Any]) -> Output:
    """`output` with its row count, where counting is free, and a preview, where people would rather look."""
    node = manifest["nodes"][output.metadata["unique_id"].value]
    metadata = dict(output.metadata)
    if node["config"]["materialized"] not in ("view", "ephemeral"):
        [(rows,)] = con.execute(f"select count(*) from {node['relation_name']}").fetchall()
        metadata["dagster/row_count"] = rows
        progress.report("", f"{node['schema']}.{node['name']}: {rows:,} rows")
    shown = preview(con, node["name"])
    if shown is not None:
        metadata["preview"] = shown
    return Output(None, output_name=output.output_name, metadata=metadata)
