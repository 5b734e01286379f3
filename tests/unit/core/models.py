"""Core's models and their hooks over a small warehouse in memory, built as dbt builds them, without dbt.

Only what these models use of dbt is here: ref, source, config, this, is_incremental, run_query, return, dispatch to the
default macro. A build is one transaction, as dbt-duckdb's incremental materialization makes it.
"""

import re
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2

from dagster_project.incremental import NOTES
from dagster_project.project import DBT_PROJECT
from dagster_project.staging.source_table import declared_sources

MACROS = [
    "run_context",
    "core/changed_customers",
    "core/kept_customers",
    "core/newest_versions",
    "core/order_rows",
    "core/incremental_facts",
    "core/parties",
    "core/urls",
    "core/touchpoint_rows",
    "core/attributes",
    "core/attribute_states",
    "core/ages",
    "core/consents",
    "core/lists",
    "marts/calendar",
    "marts/rank_rules",
    "marts/rank_spells",
    "marts/rank_counts",
    "marts/profiles",
    "marts/counted_on",
    "marts/segments",
    "marts/baskets",
    "marts/promotions",
    "marts/promotion_ranks",
    "marts/promotion_states",
    "marts/setting_integers",
    "marts/scores",
    "marts/source_rows",
    "insights/lines_to_read",
    "insights/customer_rows",
    "insights/web_sessions",
    "insights/kept_recommendations",
    "insights/person_consents",
    "insights/person_ids",
    "insights/recommendations",
    "portable/identifiers",
    "portable/text",
    "staging/fast_path",
    "staging/source_columns",
    "staging/typed_columns",
    "staging/typed_rows",
    "identity/sources",
    "identity/tuples",
    "identity/sightings",
    "identity/blocklist",
    "identity/touched_identifiers",
    "identity/records",
    "identity/conflicts",
    "identity/decided",
    "identity/ends",
    "identity/kept_nodes",
]
# dbt's nodes of the landing sources.
DECLARED = {
    name: table | {"source_name": "landing", "columns": {column["name"]: column for column in table["columns"]}}
    for name, table in declared_sources().items()
}
_MACRO = re.compile(r"{%-? macro (\w+)\(.*?{%-? endmacro -?%}", re.DOTALL)
RUN = f"""
    create schema run;
    {" ".join(f"create table run.{name} ({columns});" for name, columns in NOTES.items())}
    create schema erasure;
    create table erasure.corrected_values (value varchar);
    create table run.settings (name varchar, value varchar);
    create table run.context (as_of date, as_of_end_at timestamp, salt varchar, gmail_aliases boolean);
"""


@cache
def _compiled(text: str) -> Any:
    return jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do"]).compile(text)  # noqa: S701 (SQL, not HTML)


class _Returned(Exception):
    """A macro's `return(value)`."""


class Crash(Exception):
    """A build that dies before its end."""


class _Now:
    """What reads as the text that holds now: macros keep the object from when they were read."""

    def __init__(self, text: Callable[[], str]) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text()


class Models:
    """A warehouse in memory: models are relations of their own name, sources are tables of theirs."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        self.con.execute(RUN)
        self._config: dict[str, Any] = {}
        self._model, self._build, self._existed = "", 0, False
        self._jinja = jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do"])  # noqa: S701 (SQL, not HTML)
        self._jinja.globals |= {
            "ref": lambda name: name,
            "source": lambda schema, name: f"{schema}.{name}",
            "config": self._configure,
            "execute": True,
            "this": _Now(lambda: self._model),
            "invocation_id": _Now(lambda: f"build {self._build}"),
            "model": SimpleNamespace(raw_code=_Now(lambda: self._model)),
            "graph": SimpleNamespace(sources=DECLARED),
            "local_md5": str,
            "is_incremental": lambda: self._config["materialized"] == "incremental" and self._existed,
            "run_query": self._run_query,
            "load_relation": lambda name: name,
            "selected_resources": [f"model.kizuna.{path.stem}" for path in (DBT_PROJECT / "models").glob("**/*.sql")],
            "return": self._return,
            "adapter": SimpleNamespace(
                dispatch=lambda name, _: self._jinja.globals[f"default__{name}"],
                get_relation=lambda identifier, **_: identifier if self._exists(identifier) else None,
            ),
        }
        for path in MACROS:
            text = (DBT_PROJECT / "macros" / f"{path}.sql").read_text(encoding="utf-8")
            for found in _MACRO.finditer(text):
                self._jinja.globals[found[1]] = self._macro(found[1], found[0])

    def build(self, model: str, crashes: bool = False) -> None:
        """Build one model; where it `crashes`, all is done but the commit. Raises Crash then."""
        [file] = (DBT_PROJECT / "models").glob(f"**/{model}.sql")
        self._model, self._config = model, {"materialized": "table"}
        self._existed = self._exists(model)  # dbt too asks its cache from before
        self._build += 1
        text = file.read_text(encoding="utf-8")
        self.render(text)  # for its config, before is_incremental is asked
        sql = self.render(text)
        if self._config["materialized"] == "view":
            self.con.execute(f"create or replace view {model} as {sql}")
            return
        self.con.begin()
        for hook in self._hooks("pre_hook"):
            self.con.execute(hook)
        if self._config["materialized"] == "incremental" and self._existed:
            self.con.execute(f"create or replace temp table built as {sql}")
            self.con.execute(f"insert into {model} by name select * from built")
        else:
            self.con.execute(f"create or replace table {model} as {sql}")
        for hook in self._hooks("post_hook"):
            self.con.execute(hook)
        if crashes:
            self.con.rollback()
            raise Crash(model)
        self.con.commit()

    def rows(self, sql: str) -> list[tuple]:
        """The rows of a query, sorted."""
        return sorted(self.con.execute(sql).fetchall(), key=str)

    def _hooks(self, when: str) -> list[str]:
        """Rendered one at a time, as each is about to run."""
        hooks = self._config.get(when, [])
        return [sql for hook in ([hooks] if isinstance(hooks, str) else hooks) if (sql := self.render(hook).strip())]

    def render(self, text: str) -> str:
        """SQL of a piece of Jinja."""
        return self._template(text).render()

    def _template(self, text: str) -> jinja2.Template:
        return jinja2.Template.from_code(self._jinja, _compiled(text), self._jinja.make_globals(None))

    def _exists(self, model: str) -> bool:
        found = self.con.execute("select count(*) from duckdb_tables() where table_name = ?", [model]).fetchone()
        return found != (0,)

    def _configure(self, **config: Any) -> str:
        self._config |= config
        return ""

    def _run_query(self, sql: str) -> SimpleNamespace:
        rows = self.con.execute(sql).fetchall()
        columns = [SimpleNamespace(values=lambda values=values: values) for values in zip(*rows, strict=True)]
        return SimpleNamespace(rows=rows, columns=columns or [SimpleNamespace(values=tuple)])

    @staticmethod
    def _return(value: Any) -> None:
        raise _Returned(value)

    def _macro(self, name: str, text: str) -> Any:
        @cache  # read at its first call, when all others that it calls are known
        def macro() -> Any:
            return getattr(self._template(text).module, name)

        def call(*arguments: Any, **named: Any) -> Any:
            try:
                return macro()(*arguments, **named)
            except _Returned as returned:
                return returned.args[0]

        return call
