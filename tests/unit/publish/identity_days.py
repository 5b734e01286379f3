"""Days of identity without a run: the real models of dbt over a handful of identifiers, and the real ledger."""

from datetime import date

import duckdb
import jinja2

from dagster_project.home import Home
from dagster_project.project import DBT_PROJECT
from dagster_project.publish import identity_ledger, ids, runs
from dagster_project.run_context import RunContext, write_context

MODELS = (
    "int_identity__moves", "identity_changes", "int_identity__last_changes", "int_identity__gone_ids",
    "int_identity__aliases", "customer_aliases",
)  # fmt: skip
AS_OF = "(select context.as_of from run.context as context)"
AS_OF_END = "(select context.as_of_end_at from run.context as context)"
TABLES = """
    create schema identity;
    create table identity.int_identity__assignments (identifier_key bigint, anchor_key bigint, blocked_reason varchar);
    create table identity.identity_map (
        identifier_key bigint, customer_id varchar, anchor_key bigint, is_visitor boolean,
        person_first_seen_at timestamp
    );
    create table identity.persons (customer_id varchar, anchor_key bigint, is_visitor boolean, first_seen_at timestamp);
    create table identity.int_identity__overrides (left_key bigint, right_key bigint, action varchar);
    create table identity.identity_edges (left_key bigint, right_key bigint, landing_no bigint);
"""


def compiled(model: str) -> str:
    """The SQL of a model of stage identity over schemas identity and run."""
    files = ("macros/identity/parts.sql", f"models/identity/{model}.sql")
    template = "".join((DBT_PROJECT / file).read_text(encoding="utf-8") for file in files)
    return jinja2.Template(template).render(
        config=lambda **_: "",
        ref=lambda name: f"identity.{name}",
        source=lambda schema, name: f"{schema}.{name}",
        as_of=lambda: AS_OF,
        as_of_end_at=lambda: AS_OF_END,
        row_hash=lambda columns: f"hash({', '.join(columns)})",
    )


class Days:
    """A home of which only identity is looked at. Anchors are keys; the customer of anchor 3 is `c3`."""

    def __init__(self, home: Home):
        self.home = home
        self.con = duckdb.connect()
        self.con.execute("set TimeZone = 'UTC'")
        self.con.execute(TABLES)

    def run(self, day: date, anchors: dict[int, int | None], *, visitors=(), overrides=(), crash=False) -> None:
        """The identity stage of a run of `day` and its publication: identifier -> anchor, None where blocked."""
        newest = runs.newest_published(self.home)
        run = RunContext.daily(day, is_newest=newest is None or day >= newest)
        write_context(self.con, self.home, run)
        list(ids.load_published_ids(self.con, self.home, run))
        for table in ("int_identity__assignments", "identity_map", "persons", "int_identity__overrides"):
            self.con.execute(f"delete from identity.{table}")
        for key, anchor in anchors.items():
            reason = "shared_value" if anchor is None else None
            self.con.execute("insert into identity.int_identity__assignments values (?, ?, ?)", [key, anchor, reason])
            self.con.execute(
                "insert into identity.identity_map values (?, ?, ?, ?, ?)",
                [key, f"c{anchor}", anchor, anchor in visitors, "2020-01-01"]
                if anchor is not None
                else [key, *[None] * 4],
            )
        for anchor in sorted({anchor for anchor in anchors.values() if anchor is not None}):
            self.con.execute(
                "insert into identity.persons values (?, ?, ?, '2020-01-01')",
                [f"c{anchor}", anchor, anchor in visitors],
            )
        for override in overrides:
            self.con.execute("insert into identity.int_identity__overrides values (?, ?, ?)", override)
        for model in MODELS:
            self.con.execute(f"create or replace table identity.{model} as {compiled(model)}")
        if run.is_newest:
            ids.record(self.con, self.home, str(day))
            identity_ledger.record(self.con, self.home, day)
            if not crash:
                runs.record(self.home, day, [])

    def changes(self) -> list[tuple]:
        """(day of the month, change, from, to, identifiers, because) as the mart holds them now."""
        return self.con.execute(
            "select day(as_of), change, from_id, to_id, identifiers, because from identity.identity_changes"
            " order by all"
        ).fetchall()

    def aliases(self) -> dict[str, tuple]:
        """Alias -> (customer, day of the month since when, why, day of the month first published)."""
        rows = self.con.execute(
            "select alias_id, customer_id, day(since), why, day(first_published_on) from identity.customer_aliases"
        ).fetchall()
        assert len(rows) == len({row[0] for row in rows})
        return {row[0]: row[1:] for row in rows}
