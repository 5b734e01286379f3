"""The SQL of the score models without dbt: the same text, its Jinja rendered over tables of another database.

Only what these models use of dbt is here: ref, source, dispatch to the default macro. Every row is made, since nothing
is kept between replays.
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import jinja2

from dagster_project.project import DBT_PROJECT

MACROS = ("run_context.sql", "marts/calendar.sql", "marts/scores.sql")


def render(model: str, relations: Mapping[str, str]) -> str:
    """The SELECT of a model of the marts; `relations` says where each table that it names is found.

    Raises KeyError where it names another.
    """
    jinja = jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do"])  # noqa: S701 (SQL, not HTML)
    macros: dict[str, Any] = {}
    jinja.globals |= {
        "ref": lambda name: relations[name],
        "source": lambda schema, name: relations[f"{schema}.{name}"],
        "config": lambda **_: "",
        "return": lambda value: value,
        "execute": False,
        "model": SimpleNamespace(resource_type="model"),
        "is_incremental": lambda: False,
        "invocation_id": "replay",
        "adapter": SimpleNamespace(dispatch=lambda name, _package: macros[f"default__{name}"]),
    }
    for path in MACROS:
        module = jinja.from_string((DBT_PROJECT / "macros" / path).read_text(encoding="utf-8")).module
        found = {name: value for name, value in vars(module).items() if not name.startswith("_")}
        macros |= found
        jinja.globals |= found
    # Everybody's rows are made, whoever has changed since a run.
    jinja.globals |= {
        "touchpoints_to_read": lambda: relations["touchpoints"],
        "of_changed_scores": lambda _column: "true",
        "forget_changed_customers": lambda: "",
        "forget_changed_scores": lambda: "",
        "counts_on": lambda _due, _column: False,
    }
    return jinja.from_string((DBT_PROJECT / "models" / "marts" / f"{model}.sql").read_text(encoding="utf-8")).render()
