"""For all inputs: the fast way and the exact way of reading give the same rows, and no line is lost."""

import csv
import io
import json
from unittest.mock import patch

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.landing import csv_rows, jsonl_rows

CELL = st.text(st.sampled_from('ab1 ,"\n\r\t山'), max_size=6)
BLOCKS = st.sampled_from([5, 17, 64, 1 << 20])
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read_csv(text: str, block: int, *, exact: bool = False) -> list[dict]:
    octets = text.encode()
    header = csv_rows.read_header(io.BytesIO(octets), "utf-8", ",", "a.csv")
    clean = (lambda *_: None) if exact else csv_rows._clean_block
    with (
        patch.object(csv_rows, "BLOCK", block),
        patch.object(csv_rows, "LONGEST_HEADER", 64),
        patch.object(csv_rows, "_clean_block", clean),
    ):
        return rows_of(csv_rows.read_rows(io.BytesIO(octets), "utf-8", header, "a.csv"))


def read_jsonl(text: str, block: int, *, exact: bool = False) -> list[dict]:
    flat = (lambda *_: None) if exact else jsonl_rows._flat_block
    with patch.object(jsonl_rows, "BLOCK", block), patch.object(jsonl_rows, "_flat_block", flat):
        return rows_of(jsonl_rows.read_rows(io.BytesIO(text.encode()), "utf-8", "a.jsonl"))


def rows_of(tables) -> list[dict]:
    """Rows without their nulls: a key that a block does not have is null there."""
    return [
        {name: value for name, value in row.items() if value is not None}
        for table in tables
        for row in pa.Table.to_pylist(table)
    ]


@quick
@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=12), BLOCKS, st.sampled_from(["\n", "\r\n"]))
def test_written_cells_come_back_with_the_line_they_begin_on(cells, block, line_end):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerow("xyz")
    expected = []
    for row in cells:
        line = out.getvalue().count("\n") + 1
        expected.append({"_line_no": line} | {name: cell for name, cell in zip("xyz", row, strict=True) if cell})
        writer.writerow(row)
    assert read_csv(out.getvalue(), block) == expected


@quick
@given(st.text(st.sampled_from('a1,"\n\r山'), max_size=80), BLOCKS)
def test_any_text_gives_the_same_rows_by_arrow_and_one_by_one(text, block):
    assert read_csv("x,y\n" + text, block) == read_csv("x,y\n" + text, 1 << 20, exact=True)


@quick
@given(st.text(st.sampled_from('a,"\n'), max_size=60))
def test_no_character_of_a_csv_file_is_lost(text):
    rows = read_csv("x,y\n" + text, 1 << 20)
    kept = "".join(row.get("_raw_line", "") + row.get("x", "") + row.get("y", "") for row in rows)
    assert kept.count("a") == text.count("a")


@quick
@given(
    st.lists(
        st.one_of(
            st.dictionaries(
                st.sampled_from(["k", "l", "m"]),
                st.one_of(
                    st.none(),
                    st.booleans(),
                    st.integers(),
                    st.floats(allow_nan=False),
                    st.text(max_size=5),
                    st.sampled_from(["2024-01-01", "1.50"]),
                    st.lists(st.integers(), max_size=2),
                ),
            ).map(json.dumps),
            st.sampled_from(
                ["", "{", "[1]", '{"k":1}{"l":2}', ' {"k":"v"}', '{"k":\t"v"}', '{"k":1.50}', '{"k":1,"k":2}']
            ),
        ),
        min_size=1,
        max_size=12,
    ),
    BLOCKS,
)
def test_json_lines_give_the_same_rows_by_arrow_and_one_by_one(lines, block):
    text = '{"k":"first","l":1}\n' + "\n".join(lines)
    assert read_jsonl(text, block) == read_jsonl(text, 1 << 20, exact=True)
