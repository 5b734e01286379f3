"""What the commands of audiences tell, from the published marts."""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from dagster_project.activation.audiences.binding import check
from dagster_project.activation.audiences.comparing import suggestion
from dagster_project.activation.audiences.compiling import members, require_sound
from dagster_project.activation.audiences.library import Audience, Library, audience_at, read_library
from dagster_project.activation.audiences.measuring import explain, nobody, sample, unknown_ids
from dagster_project.activation.audiences.schema import Schema
from dagster_project.errors import UsageError
from dagster_project.home import Home
from dagster_project.publish.reader import connect_day, connect_published
from dagster_project.publish.runs import newest_published, require_published
from dagster_project.run_context import end_of_day


def look(home: Home, file: str, as_of: date | None, some: int, with_parts: bool) -> dict[str, Any]:
    """The audience of a file or of that name: how many, `some` of them, and how each part narrows them down.

    Raises UsageError where there is no such audience or published day, ConfigurationError for faults of it.
    """
    audience = _audience(file, read_library())
    con = connect_day(home, as_of) if as_of else connect_published(home)
    with con:
        day = as_of or require_published(home)
        schema = Schema.of(con, end_of_day(day)).as_published
        condition = audience.condition
        require_sound(condition, schema, moments=())
        steps, of = explain(con, condition, schema, depth=20 if with_parts else 0)
        result = {
            "audience": audience.id,
            "description": audience.description,
            "as_of": day,
            "customers": steps[0].customers,
            "of": of,
            "sample": sample(con, condition, schema, some) if some else [],
            "parts": [asdict(step) for step in steps] if with_parts else [],
            "sql": members(condition, schema).sql(dialect="duckdb", pretty=True) if with_parts else None,
            "warnings": [],
        }
        if not steps[0].customers:
            result["warnings"] = [f"the audience {audience.id} matches nobody", *unknown_ids(con, condition)]
    return result


def empty_audiences(home: Home, library: Library) -> tuple[date | None, list[str]]:
    """The newest published day, and the named audiences that match nobody in its marts; None and none before the first.

    Those that read what is not published cannot be counted, and are left out.
    """
    day = newest_published(home) if home.published.exists() else None
    if day is None:
        return None, []
    with connect_published(home) as con:
        schema = Schema.of(con, end_of_day(day)).as_published
        conditions = {one.id: one.condition for one in library.named() if not check(one.condition, schema, moments=())}
        return day, nobody(con, conditions, schema)


def _audience(file: str, library: Library) -> Audience:
    path = Path(file)
    if path.is_file():
        return audience_at(path, library)
    for audience in library.named():
        if audience.id == file:
            return audience
    raise UsageError(f"there is no file {file}, and no audience of that name: {suggestion(file, library.audiences)}")


@dataclass(frozen=True)
class Listed:
    """A ready condition as it is listed; `example` is YAML."""

    name: str
    group: str
    meaning: str
    parameters: list[str]
    optional: list[str]
    example: str


def ready_conditions(words: tuple[str, ...] = ()) -> list[Listed]:
    """The ready conditions that hold all of `words` in name, group or meaning."""
    found = []
    for one in read_library().ready.values():
        text = f"{one.name} {one.group} {one.meaning}".casefold()
        if all(word.casefold() in text for word in words):
            example = one.example
            written = (
                example
                if isinstance(example, str)
                else yaml.safe_dump(
                    example, allow_unicode=True, sort_keys=False, default_flow_style=None, width=100
                ).rstrip()
            )
            found.append(Listed(one.name, one.group, one.meaning, one.takes, [*one.may_take, *one.defaults], written))
    return found
