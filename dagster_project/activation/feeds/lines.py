"""SQL of a row as its file holds it: one line of CSV or JSON, without its end."""

from collections.abc import Sequence
from typing import Protocol


class Written(Protocol):
    """What a line needs to know of a column."""

    @property
    def name(self) -> str: ...

    @property
    def type(self) -> str: ...


def line(cells: Sequence[Written], is_csv: bool) -> str:
    """SQL over t0, t1, ... (the texts of `cells`, null where there is none) of the row's line."""
    return _csv_line(cells) if is_csv else _json_line(cells)


def key_line(name: str, text: str, is_csv: bool) -> str:
    """SQL of the line of a deletes file: the key alone, which `text` (SQL) gives."""
    if is_csv:
        return f"case when {_needs_quotes(text)} then {_in_quotes(text)} else {text} end"
    return f"concat('{{\"{name}\": ', cast(to_json({text}) as varchar), '}}')"


def header(names: Sequence[str], is_csv: bool) -> str:
    """What stands first in every file; '' for none."""
    return ",".join(names) if is_csv else ""


def _needs_quotes(text: str) -> str:
    return " or ".join(f"contains({text}, {sign})" for sign in ("','", "'\"'", "chr(10)", "chr(13)"))


def _in_quotes(text: str) -> str:
    return f"""'"' || replace({text}, '"', '""') || '"'"""


def _csv_line(cells: Sequence[Written]) -> str:
    """Few rows hold a sign that needs quotes: one look at the row saves one at every cell.

    `concat` writes nothing for null, and once for the whole row; `||` would write the row again for every cell.
    """
    plain = [f"t{n}" for n in range(len(cells))]
    quoted = [
        f"case when {_needs_quotes(cell)} then {_in_quotes(cell)} else {cell} end"
        if cells[n].type == "string"
        else cell
        for n, cell in enumerate(plain)
    ]
    words = [cell for n, cell in enumerate(plain) if cells[n].type == "string"]
    if not words:
        return f"concat({_with_commas(plain)})"
    any_needs = _needs_quotes(f"concat({', '.join(words)})")
    return f"case when {any_needs} then concat({_with_commas(quoted)}) else concat({_with_commas(plain)}) end"


def _with_commas(cells: list[str]) -> str:
    return ", ',', ".join(cells)


def _json_line(cells: Sequence[Written]) -> str:
    def value(n: int, cell: Written) -> str:
        plain = cell.type in {"integer", "number", "boolean"}
        return f"coalesce({f't{n}' if plain else f'cast(to_json(t{n}) as varchar)'}, 'null')"

    members = ", ', ', ".join(f"'\"{cell.name}\": ', {value(n, cell)}" for n, cell in enumerate(cells))
    return f"concat('{{', {members}, '}}')"
