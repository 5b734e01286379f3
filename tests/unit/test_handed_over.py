"""Tables that steps hand over to models stand in the lineage with what they hold, and under their stage."""

from dagster import AssetKey

from dagster_project.dbt_stage import handed_over


def source(schema: str, name: str) -> dict[str, str]:
    return {
        "resource_type": "source", "source_name": schema, "schema": schema, "name": name,
        "description": f"What {name} holds.",
    }  # fmt: skip


def test_what_no_step_declares_is_described_and_what_one_does_is_left_to_it() -> None:
    manifest = {"sources": {"a": source("run", "context"), "b": source("landing", "members")}}
    [spec] = handed_over(manifest, {AssetKey(["landing", "members"])})
    assert spec.key == AssetKey(["run", "context"])
    assert (spec.group_name, spec.description) == ("run", "What context holds.")
