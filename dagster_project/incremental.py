"""Incremental tables after staging: dropped, and so rebuilt whole by dbt, where what they were made from has changed.

Those of identity and core are read from staged tables file by file. A staged table that is rebuilt (rules, normaliser,
a withdrawn file), or another text of a model or of a macro, makes rows of theirs wrong that no later run would touch
again; in the identity stage, a rule table that they read, or its Python, does so too. Those after core hold rows of
customers whose acts have not changed since (macros/core/changed_customers.sql), and go where their own text, that of a
model on their way from core, a rule table that they read or a setting has changed.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb

from dagster_project import dbt_runner
from dagster_project.home import Home
from dagster_project.identity.hashing import links_gmail_aliases
from dagster_project.project import DBT_PROJECT, seeds
from dagster_project.publish.catalog import MARTS
from dagster_project.settings import effective_settings
from dagster_project.sql import identifier
from dagster_project.staging import fingerprint

# What is made from these stages and is not in them need not know how: their incremental tables tell what has changed.
GROUND = {"staging", "identity", "core"}
# Settings that bear on rows which they keep.
SETTINGS_OF_GROUND = ("identity_conflict_points",)
GROUND_TEXTS = ""  # what all of them follow from, by which no relation can be called

# Tables of schema run that incremental models keep from run to run: what they have still to take up, and what they hold
# (described in dbt_project/models/landing/sources.yml).
NOTES = {
    "incremental_tables": "relation varchar, digest varchar",
    "touched_identifiers": "identifier_key bigint",
    "decided_identifiers": "identifier_key bigint",
    "changed_assignments": "identifier_key bigint, anchor_key bigint",
    "changed_nodes": "identifier_key bigint",
    "changed_owners": "identifier_key bigint",
    "touched_customers": "customer_id varchar",
    "touched_orders": "order_id varchar",
    "touched_anchors": "anchor_key bigint",
    "touched_persons": "customer_id varchar",
    "corrected_files": "file_id varchar",
    "corrected_acts": "source varchar, source_key varchar",
    "gone_basket_items": (
        "level varchar, basis varchar, basket_id varchar, item_id varchar, last_on date, change_no bigint"
    ),
    "gone_brand_ranks": (
        "customer_id varchar, brand_id varchar, rank varchar, is_potential boolean, is_interested boolean,"
        " views bigint, purchases bigint, change_no bigint"
    ),
    "gone_customer_items": ("customer_id varchar, item_kind varchar, item_id varchar, last_on date, change_no bigint"),
    "gone_customer_profiles": (
        "customer_id varchar, gender varchar, age_band varchar, prefecture varchar, member_rank varchar,"
        " channel varchar, rf_segment varchar, change_no bigint"
    ),
    "spell_counts_due": (
        "brand_id varchar, rank varchar, rank_position integer, rank_position_before integer, from_on date,"
        " until_on date, is_followed boolean, spells bigint"
    ),
    "participants_held": (
        "campaign_no integer, person_key bigint, is_treated boolean, is_known_before boolean, is_late boolean,"
        " is_open boolean, from_at timestamp, until_at timestamp"
    ),
    "score_parts_due": (
        "dimension varchar, value varchar, acts bigint, customers bigint, product decimal(38, 9),"
        " lifestyle decimal(38, 9), lifestance decimal(38, 9)"
    ),
    "changes_held": "relation varchar, change_no bigint",
    "inputs_held": "concern varchar, subject varchar, product_id varchar, place bigint, state varchar",
    "changed_parties": "party_key bigint",
    "files_held": "holder varchar, source varchar, file_id varchar, state varchar",
    "masters_held": "kind varchar, master_id varchar, state varchar",
}

FORMER_NOTES = {"owners_held", "parties_held", "states_of_parties"}  # of earlier versions


def reset(con: duckdb.DuckDBPyConnection, home: Home) -> set[str]:
    """Drop what must be rebuilt, and what models that are no more have left, all in one transaction; returns the
    sources whose staged tables go.

    Needs run.files. A crash before the end drops nothing.
    """
    con.execute("create schema if not exists pii")
    con.execute("create table if not exists pii.corrected_values (value varchar)")
    for name, columns in NOTES.items():
        con.execute(f"create table if not exists run.{name} ({columns})")
    con.begin()
    try:
        _drop_former(con, dbt_runner.parsed(home))
        sources = fingerprint.prepare(con)
        known = dict(con.execute("select relation, digest from run.incremental_tables").fetchall())
        digests = _digests(home)
        ground_changed = sources or known.get(GROUND_TEXTS) != digests[GROUND_TEXTS]
        for relation, digest in digests.items():
            if relation != GROUND_TEXTS and (ground_changed or known.get(relation) != digest):
                con.execute(f"drop table if exists {relation}")
        con.execute("delete from run.incremental_tables")
        con.executemany("insert into run.incremental_tables values (?, ?)", sorted(digests.items()))
        con.commit()
    except BaseException:
        con.rollback()
        raise
    return sources


def _drop_former(con: duckdb.DuckDBPyConnection, manifest: Any) -> None:
    """Drop what earlier versions left in the schemas of models, and their notes: no erasure would reach it."""
    models = [node for node in manifest.nodes.values() if node.resource_type == "model"]
    known = {(node.schema, node.name) for node in models}
    known |= {(source.schema, source.name) for source in manifest.sources.values()}
    known |= {("marts", mart) for mart in MARTS}  # views over what is published of other stages
    for schema, name, kind in con.execute(
        "select table_schema, table_name, table_type from information_schema.tables"
        " where table_catalog = current_database()"
    ).fetchall():
        is_former = (schema, name) not in known and schema in {node.schema for node in models}
        if is_former or (schema == "run" and name in FORMER_NOTES):
            relation = f"{identifier(schema)}.{identifier(name)}"
            con.execute(f"drop {'view' if kind == 'VIEW' else 'table'} {relation}")


def _models(home: Home) -> list[Any]:
    """The incremental models after staging."""
    return [
        node
        for node in dbt_runner.parsed(home).nodes.values()
        if node.resource_type == "model" and node.config.materialized == "incremental" and node.fqn[1] != "staging"
    ]


def _is_ground(node: Any) -> bool:
    return node.fqn[1] in GROUND


def _digests(home: Home) -> dict[str, str]:
    """Relation of each incremental table -> what its rows follow from, besides the tables of the stages before."""
    models, nodes = _models(home), dbt_runner.parsed(home).nodes
    stages = {node.fqn[1] for node in models if _is_ground(node)}
    texts = [node.raw_code for _, node in sorted(nodes.items()) if _is_model_of(node, stages)]
    texts += [file.read_text() for file in sorted((DBT_PROJECT / "macros").rglob("*.sql"))]
    deciding = Path(__file__).parent / "identity"  # who is who
    texts += [file.read_text() for file in sorted(deciding.glob("*.py"))]
    # They hold hashes of identifiers, e-mail addresses among them.
    texts.append(f"gmail_aliases {links_gmail_aliases()}")
    texts.append(f"salt {hashlib.sha256(home.salt().encode()).hexdigest()}")
    effective = effective_settings()
    texts += [f"{name} {effective.get(name)}" for name in SETTINGS_OF_GROUND]
    ground = _hash(texts)
    settings = json.dumps(effective, sort_keys=True)
    own = {
        node.relation_name: _rule_tables_of(node, nodes)
        if _is_ground(node)
        else [settings, *_followed_from(node, nodes)]
        for node in models
    }
    return {GROUND_TEXTS: ground} | {relation: _hash([ground, *texts]) for relation, texts in own.items()}


def _is_model_of(node: Any, stages: set[str]) -> bool:
    return node.resource_type == "model" and node.fqn[1] in stages


def _followed_from(node: Any, nodes: dict[str, Any]) -> list[str]:
    """The texts of a model and of those on its way from core, and the rule tables that they read."""
    found, waiting = {}, [node]
    while waiting:
        reached = waiting.pop()
        if reached.unique_id in found:
            continue
        if reached.resource_type == "seed":
            found[reached.unique_id] = _rows_of(reached)
        elif not _is_ground(reached):
            found[reached.unique_id] = reached.raw_code
            waiting += [nodes[name] for name in reached.depends_on.nodes if name in nodes]
    return [f"{name} {text}" for name, text in sorted(found.items())]


def _rule_tables_of(node: Any, nodes: dict[str, Any]) -> list[str]:
    """The rule tables that a model of the identity stage reads, itself or through views. Tables on its way it holds
    against its own rows, and what core reads of rule tables does not stay in its rows."""
    if node.fqn[1] != "identity":
        return []
    texts = []
    for parent in (nodes[name] for name in sorted(node.depends_on.nodes) if name in nodes):
        if parent.resource_type == "seed":
            texts.append(_rows_of(parent))
        elif parent.config.materialized == "view":
            texts += _rule_tables_of(parent, nodes)
    return texts


def _rows_of(seed: Any) -> str:
    return (seeds() / "rules" / f"{seed.name}.csv").read_text(encoding="utf-8")


def _hash(texts: list[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
