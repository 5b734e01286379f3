"""The SQL of a mart without dbt: its Jinja rendered by hand, to run over rows made in an in-memory DuckDB.

Only what the marts use of dbt is here: ref, source, config, dispatch to the default macro. A model's
helpers are built by the test that needs them, in order, as tables of the model's name; seeds are read from
their CSV files with the types of `seeds/rules/_marts.yml`.
"""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import yaml

from dagster_project.project import DBT_PROJECT, seeds

MACROS = [
    "run_context.sql",
    "marts/calendar.sql",
    "marts/setting_integers.sql",
    "marts/rank_rules.sql",
    "marts/rank_spells.sql",
    "marts/segments.sql",
    "marts/pyramid.sql",
    "marts/normal.sql",
    "marts/promotions.sql",
    "marts/promotion_ranks.sql",
    "marts/promotion_states.sql",
]


# What the models that are kept from run to run read where they are built whole.
TOUCHPOINTS = (
    "(select * from touchpoints where customer_id is not null and occurred_at < (select as_of_end_at from run.context))"
)


def environment() -> jinja2.Environment:
    """A Jinja environment in which the macros of the marts and dbt's few functions are known."""
    jinja = jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do"])  # noqa: S701 (SQL, not HTML)
    macros: dict[str, Any] = {}
    jinja.globals |= {
        "ref": lambda name: name,
        "source": lambda schema, name: f"{schema}.{name}",
        "config": lambda **_: "",
        "model": SimpleNamespace(),
        "is_incremental": lambda: False,
        "forget_changed_customers": lambda: "",
        "newest_change": lambda: "1",
        "of_changed_customers": lambda _column: "true",
        "touchpoints_to_read": lambda: TOUCHPOINTS,
        "return": lambda value: value,
        "adapter": SimpleNamespace(dispatch=lambda name, _package: macros[f"default__{name}"]),
    }
    for path in MACROS:
        module = jinja.from_string((DBT_PROJECT / "macros" / path).read_text()).module
        found = {name: value for name, value in vars(module).items() if not name.startswith("_")}
        macros |= found
        jinja.globals |= found
    jinja.globals |= {
        "counts_on": lambda _due, _column: False,
        "keeps_rows": lambda: False,
        "of_customers_to_make": lambda _to_make, _column: "true",
    }
    return jinja


def render(text: str) -> str:
    """SQL of a piece of Jinja."""
    return environment().from_string(text).render()


def build(con: duckdb.DuckDBPyConnection, *models: str) -> None:
    """Build models of the marts as tables, in the order given."""
    for model in models:
        sql = render((DBT_PROJECT / "models" / "marts" / f"{model}.sql").read_text())
        con.execute(f"create or replace table {model} as {sql}")


def load_rules(con: duckdb.DuckDBPyConnection) -> None:
    """The shipped rule tables of the marts, typed as dbt types them."""
    described = yaml.safe_load((seeds() / "rules" / "_marts.yml").read_text())["seeds"]
    for seed in described:
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in seed["config"]["column_types"].items())
        path = seeds() / "rules" / f"{seed['name']}.csv"
        con.execute(
            f"create or replace table {seed['name']} as"
            f" select * from read_csv('{path}', header = true, columns = {{{columns}}})"
        )


def write_run(con: duckdb.DuckDBPyConnection, as_of: date, **settings: str) -> None:
    """Schema `run` as a run on `as_of` writes it, as far as the marts read it."""
    con.execute("create schema if not exists run")
    con.execute(
        f"create or replace table run.context as"
        f" select date '{as_of}' as as_of, timestamp '{as_of} 15:00:00' as as_of_end_at"
    )
    con.execute("create or replace table run.settings (name varchar, value varchar)")
    for name, value in settings.items():
        con.execute("insert into run.settings values (?, ?)", [name, value])


def month_ends_before(as_of: date, count: int) -> list[date]:
    """The last `count` month ends before `as_of`, the latest first, by walking back over the days."""
    ends: list[date] = []
    day = as_of - timedelta(days=1)
    while len(ends) < count:
        if (day + timedelta(days=1)).month != day.month:
            ends.append(day)
        day -= timedelta(days=1)
    return ends
