"""Macros of identity without dbt: their Jinja rendered by hand, to run over rows made in an in-memory DuckDB."""

from types import SimpleNamespace

import jinja2

from dagster_project.project import DBT_PROJECT


def macros_of(*files):
    """The macros of the files, by name, as dbt renders them."""
    jinja = jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do"])  # noqa: S701 (SQL, not HTML)
    macros = {}
    jinja.globals |= {
        "source": lambda name, table: f"{name}.{table}",
        "return": lambda value: value,
        "adapter": SimpleNamespace(dispatch=lambda name, _package: macros[f"default__{name}"]),
    }
    for file in files:
        found = vars(jinja.from_string((DBT_PROJECT / "macros" / file).read_text(encoding="utf-8")).module)
        macros |= {name: macro for name, macro in found.items() if not name.startswith("_")}
        jinja.globals |= macros
    return macros
