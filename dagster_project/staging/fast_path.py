"""The SQL of the fast path outside dbt: `macros/staging/fast_path.sql` rendered by itself, so that there is
one text of it.
"""

from functools import cache
from typing import Any

import jinja2

from dagster_project.project import DBT_PROJECT

_MACROS = ("portable/text.sql", "staging/fast_path.sql")


class _DefaultDialect:
    """Stands for dbt's adapter: dispatches every macro to its `default__` form."""

    def __init__(self) -> None:
        self.module: Any = None

    def dispatch(self, name: str, package: str) -> Any:
        return getattr(self.module, f"default__{name}")


@cache
def _macros() -> Any:
    adapter = _DefaultDialect()
    text = "\n".join((DBT_PROJECT / "macros" / name).read_text(encoding="utf-8") for name in _MACROS)
    environment = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined)  # noqa: S701 - SQL, not HTML
    adapter.module = environment.from_string(text, {"adapter": adapter, "return": lambda value: value}).module
    return adapter.module


def is_plain(kind: str, column: str) -> str:
    """SQL that is true where SQL itself reads `column` as `kind`; null where the column is null."""
    return str(_macros().is_plain(kind, column)).strip()


def plain_value(kind: str, column: str) -> str:
    """SQL for the value of `column` where `is_plain`; null where there is no such value (30 February)."""
    return str(_macros().plain_value(kind, column)).strip()


def trimmed(column: str) -> str:
    """SQL for `column` without white space at both ends."""
    return str(_macros().trimmed(column)).strip()
