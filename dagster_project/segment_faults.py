"""Faults of segments that no table alone can tell: cells of the RF table of no segment, or of more than one."""

import csv
from itertools import product
from math import inf

from dagster_project.errors import Fault
from dagster_project.project import seeds

FILE = "seeds/rules/rf_segments.csv"
Span = tuple[float, float]


def check_segments() -> list[Fault]:
    """Cells that rf_segments.csv does not give to one segment whole, where each table is sound by itself."""
    try:
        segments = [
            (
                line,
                row["segment"],
                _span(row, "recency_from", "recency_to"),
                _span(row, "frequency_from", "frequency_to"),
            )
            for line, row in _rows("rf_segments")
        ]
        recencies = [(row["band"], _span(row, "min_months", "max_months")) for _, row in _rows("rf_recency_bands")]
        frequencies = [(row["band"], _span(row, "min_orders", "max_orders")) for _, row in _rows("rf_frequency_bands")]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError):
        return []
    found: dict[tuple[int, str], Fault] = {}  # the first cell of each kind of fault: a wrong edge runs along many
    for (recency, months), (frequency, orders) in product(recencies, frequencies):
        cell = f"recency band {recency}, frequency band {frequency}"
        on_it = [one for one in segments if _meet(one[2], months) and _meet(one[3], orders)]
        if not on_it:
            found.setdefault((0, ""), Fault(FILE, 0, f"no segment holds {cell}", "widen one up to it"))
        elif len(on_it) > 1:
            (_, first, *_), (line, second, *_) = on_it[:2]
            found.setdefault((line, first), Fault(FILE, line, f"{second} and {first} both hold {cell}", "move an edge"))
        elif not (_holds(on_it[0][2], months) and _holds(on_it[0][3], orders)):
            line, name, *_ = on_it[0]
            found.setdefault(
                (line, ""), Fault(FILE, line, f"{name} holds a part of {cell}", "end it where a band ends")
            )
    return list(found.values())


def _rows(table: str) -> list[tuple[int, dict[str, str]]]:
    with (seeds() / "rules" / f"{table}.csv").open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        return [(reader.line_num, row) for row in reader]


def _span(row: dict[str, str], low: str, high: str) -> Span:
    """From `low`, up to and without `high`; empty is open."""
    return int(row[low]), int(row[high]) if row[high] else inf


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _holds(one: Span, other: Span) -> bool:
    return one[0] <= other[0] and other[1] <= one[1]
