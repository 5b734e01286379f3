"""The bench's own comparison: what it must notice, and what it must not."""

from pathlib import Path

import duckdb
import pytest

from tests.bench.compare import compare

SAME = "values ('a', 1, 0.5::double), ('a', 1, 0.5), ('b', null, 0.25)"


def _difference(folder: Path, published: str, yardstick: str):
    for name, schema, rows in (("published", "marts", published), ("yardstick", "main", yardstick)):
        with duckdb.connect(str(folder / f"{name}.duckdb")) as con:
            con.execute(f"create schema if not exists {schema}")
            con.execute(f"create table {schema}.scores as select * from ({rows}) as t(customer_id, total, share)")
    [difference] = compare(folder / "published.duckdb", folder / "yardstick.duckdb", ("scores",))
    return difference


def test_the_same_rows_in_another_order_are_the_same(tmp_path: Path) -> None:
    assert _difference(tmp_path, SAME, f"select * from ({SAME}) order by all desc").is_same


def test_the_last_digits_of_a_ratio_do_not_matter(tmp_path: Path) -> None:
    other = "values ('a', 1, 0.5::double + 1e-13), ('a', 1, 0.5), ('b', null, 0.25)"
    assert _difference(tmp_path, SAME, other).is_same


@pytest.mark.parametrize(
    ("other", "only_published", "only_yardstick", "columns"),
    [
        ("values ('a', 1, 0.5::double), ('a', 2, 0.5), ('b', null, 0.25)", 1, 1, ("total",)),
        ("values ('a', 1, 0.5::double), ('b', null, 0.25)", 1, 0, ("customer_id", "total", "share")),
        ("values ('a', 1, 0.5::double), ('a', 1, 0.5), ('b', 0, 0.25)", 1, 1, ("total",)),
        ("values ('a', 1, 0.51::double), ('a', 1, 0.5), ('b', null, 0.25)", 1, 1, ("share",)),
    ],
    ids=["a changed value", "a copy too few", "null for 0", "a changed ratio"],
)
def test_a_difference_is_counted_and_named(
    tmp_path: Path, other: str, only_published: int, only_yardstick: int, columns: tuple[str, ...]
) -> None:
    found = _difference(tmp_path, SAME, other)
    assert (found.only_published, found.only_yardstick) == (only_published, only_yardstick)
    assert found.columns == columns
