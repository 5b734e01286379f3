"""What an hourly run builds: the dbt models that scenarios need fresh, and all that these are made from."""

from collections.abc import Callable, Mapping
from typing import Any

from dagster import AssetKey, AssetSelection

from dagster_project import gates

# Relations of the warehouse that scenarios and feeds read, and that change with every landing.
NEEDED = (
    "core.touchpoints",
    "core.orders",
    "core.order_items",
    "core.int_core__campaigns",
    "core.int_core__contents",
    "core.int_core__external_attributes",
    "core.int_core__message_events",
    "core.int_core__privacy_requests",
    "core.party_customers",
    "identity.identity_changes",
    "identity.identity_map",
    "identity.int_identity__aliases",
    "identity.persons",
    "insights.int_insights__consents",
    "insights.int_insights__person_consents",
    "insights.int_insights__person_ids",
    "pii.identifier_values",
    "pii.person_attributes",
    "staging.stg_brands",
    "staging.stg_campaigns",
    "staging.stg_contents",
    "staging.stg_external_attributes",
    "staging.stg_members",
    "staging.stg_products",
    "staging.stg_stores",
)
# Models whose dbt tests hold a message back: a broken key or two persons in one would send it to somebody else.
# Those of facts are left to the daily run, which reads all of them.
TESTED = ("int_identity__gone_ids", "identity_map", "persons", "person_attributes", "int_insights__person_consents")


BUILT = ("model", "seed")


def fresh_nodes(manifest: Mapping[str, Any], needed: tuple[str, ...] = NEEDED) -> dict[str, Mapping[str, Any]]:
    """unique_id -> node of every model and rule table that an hourly run builds.

    Raises KeyError where a needed relation is no model's.
    """
    nodes = manifest["nodes"]
    by_relation = {relation_of(node): name for name, node in nodes.items() if node["resource_type"] in BUILT}
    waiting = [by_relation[relation] for relation in needed]
    found: dict[str, Mapping[str, Any]] = {}
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = nodes[name]
            waiting += [parent for parent in nodes[name].get("depends_on", {}).get("nodes", ()) if parent in nodes]
    return found


def relation_of(node: Mapping[str, Any]) -> str:
    """`<schema>.<table>` of a model or rule table."""
    return f"{node['schema']}.{node['name']}"


def fresh_relations(manifest: Mapping[str, Any]) -> set[str]:
    """The relations that an hourly run builds."""
    return {relation_of(node) for node in fresh_nodes(manifest).values()}


def tests_of(manifest: Mapping[str, Any], names: set[str]) -> list[str]:
    """The dbt tests of an hourly run that belong to its models `names`."""
    models = {name for name, node in manifest["nodes"].items() if node["name"] in names & set(TESTED)}
    return sorted(node["name"] for node in manifest["nodes"].values() if node.get("attached_node") in models)


def assets(manifest: Mapping[str, Any], key_of: Callable[[Mapping[str, Any]], AssetKey]) -> AssetSelection:
    """The assets `key_of(node)` of the models that an hourly run builds, with those of their checks that it makes."""
    keys = {node["name"]: key_of(node) for node in _models(manifest)}
    stages = {key.path[0] for key in keys.values()}
    suites = [key for stage in sorted(stages) for key in gates.check_keys(stage, fresh_relations(manifest))]
    tested = [keys[name] for name in TESTED]
    return (
        AssetSelection.assets(*keys.values()).without_checks()
        | AssetSelection.checks_for_assets(*tested)
        | AssetSelection.checks(*suites)
    )


def _models(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [node for node in fresh_nodes(manifest).values() if node["resource_type"] == "model"]
