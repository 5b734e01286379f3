"""What a condition is bound to: the marts' real columns, the cut-off, and where external attributes are read."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import duckdb

from dagster_project.activation.audiences.kinds import kind_of
from dagster_project.activation.audiences.parts import Condition
from dagster_project.activation.audiences.words import Words, known_words
from dagster_project.settings import effective_settings

Relation = tuple[str, str]  # schema and table
PUBLISHED: Relation = ("marts", "external_attributes")
PREPARED: Relation = ("activation", "external_attributes")


@dataclass(frozen=True)
class Schema:
    """`columns`: mart -> column -> type. `external`: the relation of external attributes, and which names it holds."""

    cut_off_at: datetime
    columns: dict[str, dict[str, str]]
    external: Relation
    external_names: frozenset[str] | None = None
    words: Words = field(default_factory=dict)

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, cut_off_at: datetime) -> "Schema":
        """What `con` holds under `marts`. `cut_off_at` is naive UTC: rows at or after it are not known.

        External attributes are those that `prepare` made where it ran, else the published ones.
        """
        columns: dict[str, dict[str, str]] = {}
        has_prepared = False
        for schema, table, column, data_type in con.execute(
            "select table_schema, table_name, column_name, data_type from information_schema.columns"
            " where table_catalog = current_database() and (table_schema = 'marts'"
            " or table_schema = 'activation' and table_name = 'external_attributes') order by all"
        ).fetchall():
            if schema == "marts":
                columns.setdefault(table, {})[column] = data_type
            else:
                has_prepared = True
        external = PREPARED if has_prepared else PUBLISHED
        return cls(cut_off_at, columns, external, words=known_words())

    @property
    def as_published(self) -> "Schema":
        """The same where only published attributes are known: not while a run is under way."""
        names = frozenset(effective_settings().get("published_attributes", "").split())
        return replace(self, external_names=names)

    @cached_property
    def kinds(self) -> dict[str, dict[str, str]]:
        """mart -> column -> kind, of columns that conditions compare."""
        return {
            mart: {name: kind for name, of in columns.items() if (kind := kind_of(mart, name, of)) is not None}
            for mart, columns in self.columns.items()
        }

    @property
    def audience_marts(self) -> list[str]:
        """The marts that have a customer_id."""
        return [mart for mart, columns in self.columns.items() if "customer_id" in columns]


def prepare(con: duckdb.DuckDBPyConnection, conditions: Iterable[Condition]) -> None:
    """Make activation.external_attributes, with what the conditions read of it; in the warehouse, once per run."""
    names = sorted(set().union(*(condition.externals for condition in conditions)))
    con.execute("create schema if not exists activation")
    con.execute(
        "create or replace table activation.external_attributes"
        " (customer_id varchar, name varchar, value varchar, updated_at timestamp)"
    )
    if names:
        con.execute(
            "insert into activation.external_attributes by name"
            " select customer_id, name, value, updated_at from core.int_core__external_attributes"
            " where list_contains(?, name)",
            [names],
        )
