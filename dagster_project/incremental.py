"""Incremental tables after staging: dropped, and so rebuilt whole by dbt, where what they were made from has changed.

They are read from staged tables file by file. A staged table that is rebuilt (rules, normaliser, a withdrawn file), or
another text of the model or of a macro, makes rows of theirs wrong that no later run would touch again.
"""

import hashlib

import duckdb

from dagster_project import dbt_runner
from dagster_project.home import Home
from dagster_project.identity.hashing import links_gmail_aliases
from dagster_project.project import DBT_PROJECT
from dagster_project.staging import fingerprint


def reset(con: duckdb.DuckDBPyConnection, home: Home) -> set[str]:
    """Drop what must be rebuilt, all in one transaction; returns the sources whose staged tables go.

    Needs run.files. A crash before the end drops nothing.
    """
    con.execute("create table if not exists run.incremental_models (digest varchar)")
    con.begin()
    try:
        sources = fingerprint.prepare(con)
        digest = _digest(home)
        if sources or con.execute("select digest from run.incremental_models").fetchall() != [(digest,)]:
            for relation in _relations(home):
                con.execute(f"drop table if exists {relation}")
            con.execute("delete from run.incremental_models")
            con.execute("insert into run.incremental_models values (?)", [digest])
        con.commit()
    except BaseException:
        con.rollback()
        raise
    return sources


def _models(home: Home) -> list:
    """The incremental models after staging."""
    return [
        node
        for node in dbt_runner.parsed(home).nodes.values()
        if node.resource_type == "model" and node.config.materialized == "incremental" and node.fqn[1] != "staging"
    ]


def _relations(home: Home) -> list[str]:
    return [node.relation_name for node in _models(home)]


def _digest(home: Home) -> str:
    """Of the text of every model in their stages: an incremental model reads others through views, and macros."""
    stages = {node.fqn[1] for node in _models(home)}
    nodes = sorted(dbt_runner.parsed(home).nodes.items())
    texts = [node.raw_code for _, node in nodes if node.resource_type == "model" and node.fqn[1] in stages]
    texts += [file.read_text() for file in sorted((DBT_PROJECT / "macros").rglob("*.sql"))]
    # They hold hashes of identifiers, e-mail addresses among them.
    texts.append(f"gmail_aliases {links_gmail_aliases()}")
    texts.append(f"salt {hashlib.sha256(home.salt().encode()).hexdigest()}")
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
