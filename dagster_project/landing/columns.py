"""The column names of a delivered file against the contract; the same for every format."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from dagster_project.errors import Fault
from dagster_project.landing.contract import POSITION, UNREADABLE, Source
from dagster_project.landing.origins import closest

# A table of more columns than this is data in the place of names.
MOST_COLUMNS = 500


def normalised(names: Sequence[str]) -> list[str]:
    """Column names as they are matched and landed: NFKC, trimmed, lower case."""
    return [unicodedata.normalize("NFKC", name).strip().lower() for name in names]


def check_names(names: Sequence[str], shown: str, line: int) -> list[Fault]:
    """Faults of names (normalised): one that is empty, stands twice, is Kizuna's own, or too many of them.

    A file without a header has data where its names should be, so no name is printed that is not our own.
    """
    remedy = "every column needs a name of its own in the first line"
    faults = [Fault(shown, line, f"column {at} has no name", remedy) for at, name in enumerate(names, 1) if not name]
    for name, times in Counter(names).items():
        if name and times > 1:
            places = " and ".join(str(at) for at, each in enumerate(names, 1) if each == name)
            faults.append(Fault(shown, line, f"columns {places} have the same name", remedy))
    faults += [
        Fault(shown, line, f"column {name} is a name that landing itself uses", "rename the column")
        for name in names
        if name in (*POSITION, *UNREADABLE)
    ]
    if len(names) > MOST_COLUMNS:
        faults.append(Fault(shown, line, f"has {len(names)} columns, more than {MOST_COLUMNS}", "is it a table?"))
    return faults


def check_required(source: Source, names: Sequence[str], shown: str, line: int) -> list[Fault]:
    """One fault per required column that is not among the names. What may be data is not suggested (`check_names`)."""
    spare = [name for name in names if name not in source.column_names and not re.search("[0-9@]", name)]
    return [
        Fault(
            shown,
            line,
            f"required column {column} is missing",
            closest(column, spare) or "deliver the file with this column",
        )
        for column in source.required
        if column not in names
    ]
