"""How well clusters agree with the truth, pair by pair: a pair is two identifiers that are one person's.

Counted from the sizes of the groups, never pair by pair, so that a million members cost one grouping.
"""

from dataclasses import dataclass

import duckdb

COUNTED = """
    with
    both_sides as (select found, told, count(*) as size from ({labels}) as labels group by found, told),
    found_sides as (select found, sum(size) as size from both_sides where found is not null group by found),
    told_sides as (select told, sum(size) as size from both_sides group by told)
    select
        (select coalesce(sum(size * (size - 1) // 2), 0) from found_sides),
        (select coalesce(sum(size * (size - 1) // 2), 0) from told_sides),
        (select coalesce(sum(size * (size - 1) // 2), 0) from both_sides where found is not null)
"""


@dataclass(frozen=True)
class Pairs:
    """Pairs that were found, pairs that there are, and those in both."""

    found: int
    told: int
    common: int

    @property
    def precision(self) -> float:
        """Of the pairs found, the share that is right; 1 where none was found."""
        return self.common / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Of the pairs that there are, the share that was found; 1 where there are none."""
        return self.common / self.told if self.told else 1.0

    def __sub__(self, other: "Pairs") -> "Pairs":
        return Pairs(self.found - other.found, self.told - other.told, self.common - other.common)


def pairwise(con: duckdb.DuckDBPyConnection, labels: str) -> Pairs:
    """Compare two labels per identifier: `labels` is a SELECT of columns found (null: nobody's) and told."""
    [row] = con.execute(COUNTED.format(labels=labels)).fetchall()
    return Pairs(*(int(count) for count in row))
