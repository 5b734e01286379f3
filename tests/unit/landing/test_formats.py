"""Every format lands as the text that was written, with file and line."""

import datetime
import decimal
import io
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from dagster_project.errors import LandingRefused
from dagster_project.home import Home
from dagster_project.landing import csv_rows, jsonl_rows
from dagster_project.landing.land import land

BRANDS = "brand_id,name\nb1,資生\nb2,花王①\n"


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("brands/a.csv", "utf-8"),
        ("brands/a.csv", "utf-8-sig"),
        ("brands/a.csv", "cp932"),
        ("brands/a.csv.gz", "utf-8"),
        ("brands/a.csv.gz", "cp932"),
        ("brands/A.CSV", "utf-8-sig"),
    ],
)
def test_csv_reads_the_same_in_every_encoding(name, encoding, home, sources_dir, deliver, rows):
    deliver(name, BRANDS, encoding)
    land(home, sources_dir)
    assert rows("brands", "brand_id, name, _line_no") == [("b1", "資生", 2), ("b2", "花王①", 3)]


@pytest.mark.parametrize(
    "text",
    [
        "brand_id\tname\nb1\tA, B\n",
        "\n\r\nbrand_id\tname\r\nb1\tA, B\r\n",
        "brand_id\tname\rb1\tA, B\r",
        ' Brand_ID ,ＮＡＭＥ\nb1,"A, B"',
        'name,brand_id\n"A, B",b1\n',
    ],
)
def test_tabs_line_ends_and_spelling_of_names_do_not_matter(text, home, sources_dir, deliver, rows):
    deliver("brands/a.csv", text)
    land(home, sources_dir)
    assert rows("brands", "brand_id, name") == [("b1", "A, B")]


def test_values_stay_as_they_were_written(home, sources_dir, deliver, rows):
    deliver("brands/a.csv", 'brand_id,name\n007,1.0\n090,"  padded "\n1e3,""\n5,say \'5" nail\'\n')
    land(home, sources_dir)
    assert rows("brands", "brand_id, name") == [
        ("007", "1.0"),
        ("090", "  padded "),
        ("1e3", None),
        ("5", "say '5\" nail'"),
    ]


def test_unknown_columns_are_kept_in_the_parquet_and_absent_ones_are_null(home, sources_dir, deliver, rows):
    deliver("stores/a.csv", "store_id,Manager,name\ns1,someone,Ginza\n")
    file = land(home, sources_dir).landed[0]
    landed = parquet.read_table(home.landing / "stores" / f"{file.file_id}.parquet").to_pylist()
    assert landed[0]["manager"] == "someone"
    assert landed[0]["prefecture"] is None
    assert rows("stores", "store_id, name, opened_on, _file_id, _file_no, _landing_no") == [
        ("s1", "Ginza", None, file.file_id, 1, 1)
    ]


def test_line_numbers_are_physical_lines_after_multi_line_cells_and_blank_lines(home, sources_dir, deliver, rows):
    deliver(
        "brands/a.csv",
        '"brand_id","na\nme"\nb1,x\n'.replace("na\nme", "name")
        + 'b2,"two\nlines"\n\n"b3","a ""quoted"",\r\ncell"\r\n\r\nb4,last',
    )
    land(home, sources_dir)
    assert rows("brands", "brand_id, name, _line_no") == [
        ("b1", "x", 2),
        ("b2", "two\nlines", 3),
        ("b3", 'a "quoted",\r\ncell', 6),
        ("b4", "last", 9),
    ]


def test_a_header_over_two_lines_moves_the_lines_of_all_rows(home, sources_dir, deliver, rows):
    deliver("brands/a.csv", 'brand_id,name,"a\nnote"\nb1,x,y\n')
    land(home, sources_dir)
    assert rows("brands", "brand_id, _line_no") == [("b1", 3)]


def test_ragged_rows_and_open_quotes_are_kept_with_text_and_reason(home, sources_dir, deliver, rows):
    deliver("brands/a.csv", 'brand_id,name\nb1,x\nb2\nb3,y,z\nb4,"open\nb5,y\nb6,"q"\n')
    report = land(home, sources_dir)
    found = rows("brands", "brand_id, name, _line_no, _raw_line, _problem")
    assert [row[:3] for row in found] == [
        ("b1", "x", 2),
        (None, None, 3),
        (None, None, 4),
        (None, None, 5),
        ("b5", "y", 6),
        ("b6", "q", 7),
    ]
    assert [row[3] for row in found if row[4]] == ["b2", "b3,y,z", 'b4,"open']
    assert found[1][4] == "1 cells where the header has 2"
    assert found[3][4] == "a quote that is not closed, or inside a cell"
    assert report.landed[0].problems == 3
    assert report.warnings == ("brands/a.csv: 3 of 6 rows could not be read; they go to quarantine",)


@pytest.mark.parametrize("block", [7, 16, 40, 1000])
def test_blocks_of_any_size_give_the_same_rows_and_lines(block, monkeypatch, home, sources_dir, deliver, rows):
    monkeypatch.setattr(csv_rows, "BLOCK", block)
    monkeypatch.setattr(csv_rows, "LONGEST_HEADER", 1000)
    text = "brand_id,name\n" + "".join(
        f'b{at},"two\nlines, 山 {at}"\n' if at % 3 else f"b{at},plain {at}\nshort\n" for at in range(60)
    )
    deliver("brands/a.csv", text)
    land(home, sources_dir)
    expected, line = [], 2
    for at in range(60):
        if at % 3:
            expected.append((f"b{at}", f"two\nlines, 山 {at}", line))
        else:
            expected += [(f"b{at}", f"plain {at}", line), (None, None, line + 1)]
        line += 2
    assert rows("brands", "brand_id, name, _line_no") == expected


def test_an_open_quote_does_not_swallow_the_rest_of_the_file(monkeypatch, home, sources_dir, deliver, rows):
    monkeypatch.setattr(csv_rows, "LONGEST_CELL", 200)
    deliver("brands/a.csv", 'brand_id,name\nb0,"open\n' + "".join(f"b{at},n{at}\n" for at in range(1, 100)))
    land(home, sources_dir)
    found = rows("brands", "brand_id, _problem")
    assert len(found) == 100
    assert [row for row in found if row[1]] == [(None, "a quote that is not closed, or inside a cell")]


def test_json_lines_keep_digits_and_render_nested_values(home, sources_dir, deliver, rows):
    lines = [
        '{"brand_id": 1.10, "name": "山"}',
        "",
        '{"brand_id":90000000000000000000,"name":{"a":[1,1.50,null]}}',
        '{"brand_id": true, "name": null, "Extra": 1}',
        '{"brand_id":"\\ud83d\\ude00","name":"tab\there"}',
    ]
    deliver("brands/a.jsonl", "\n".join(lines), "utf-8-sig")
    land(home, sources_dir)
    assert rows("brands", "brand_id, name, _line_no, _problem") == [
        ("1.10", "山", 1, None),
        ("90000000000000000000", '{"a":[1,1.5,null]}', 3, None),
        ("true", None, 4, None),
        ("😀", "tab\there", 5, None),
    ]


def test_broken_json_lines_are_kept_with_text_and_reason(home, sources_dir, deliver, rows):
    lines = ['{"brand_id":"b1","name":"x"}', '{"brand_id":"b2",', "[1]", '{"brand_id":"\\ud83d","name":"y"}']
    deliver("brands/a.jsonl.gz", "\r\n".join(lines) + "\r\n")
    assert land(home, sources_dir).landed[0].problems == 3
    found = rows("brands", "brand_id, _line_no, _raw_line, _problem")
    assert found[0] == ("b1", 1, None, None)
    assert [row[:3] for row in found[1:]] == [(None, at, lines[at - 1]) for at in (2, 3, 4)]
    assert [row[3].split(":")[0] for row in found[1:]] == [
        "not JSON",
        "not a JSON object",
        "half a character (a lone surrogate)",
    ]


def test_json_keys_that_appear_late_become_columns_of_the_whole_file(monkeypatch, home, sources_dir, deliver):
    monkeypatch.setattr(jsonl_rows, "BLOCK", 64)
    rows = [
        {"brand_id": f"b{at}", "name": "x"} | ({"late": at} if at > 20 else {}) | ({"later": 1} if at > 30 else {})
        for at in range(40)
    ]
    deliver("brands/a.jsonl", "\n".join(map(json.dumps, rows)))
    file = land(home, sources_dir).landed[0]
    landed = parquet.read_table(home.landing / "brands" / f"{file.file_id}.parquet").to_pylist()
    assert [row["late"] for row in landed] == [str(at) if at > 20 else None for at in range(40)]
    assert [row["later"] for row in landed] == ["1" if at > 30 else None for at in range(40)]
    assert {row["_file_id"] for row in landed} == {file.file_id}
    assert [row["_line_no"] for row in landed] == list(range(1, 41))
    assert [each.name for each in (home.landing / "brands").iterdir()] == [f"{file.file_id}.parquet"]


def test_parquet_values_become_the_text_a_person_would_write(home, sources_dir, rows):
    tokyo = datetime.timezone(datetime.timedelta(hours=9))
    table = pa.table(
        {
            "event_id": pa.array([1.0, None]),
            "occurred_at": pa.array(
                [datetime.datetime(2024, 1, 2, 8, 0, tzinfo=tokyo)] * 2, pa.timestamp("us", "Asia/Tokyo")
            ),
            "visitor_id": pa.array(["v", "v"]).dictionary_encode(),
            "event_name": pa.array(["search"] * 2, pa.large_string()),
            "url": pa.array([{"a": [1]}, None]),
            "value": pa.array([decimal.Decimal("1.50"), None]),
            "quantity": pa.array([1.25, float("nan")], pa.float32()),
            "device": pa.array([b"pc", None]),
            "referrer": pa.array([datetime.datetime(2024, 1, 2, 8, 0)] * 2),
            "content_id": pa.array([True, False]),
            "order_id": pa.array([123456789012.0, 0.1]),
            "email": pa.nulls(2),
        }
    )
    folder = sources_dir / "web_events"
    folder.mkdir()
    parquet.write_table(table, folder / "a.parquet")
    land(home, sources_dir)
    assert rows(
        "web_events",
        "event_id, occurred_at, visitor_id, url, value, quantity, device, content_id, order_id,"
        " email, member_id, _line_no",
    ) == [
        (
            "1",
            "2024-01-01 23:00:00.000000+00:00",
            "v",
            '{"a":[1]}',
            "1.50",
            "1.25",
            "pc",
            "true",
            "123456789012",
            None,
            None,
            1,
        ),
        (
            None,
            "2024-01-01 23:00:00.000000+00:00",
            "v",
            None,
            None,
            None,
            None,
            "false",
            "0.1",
            None,
            None,
            2,
        ),
    ]
    assert rows("web_events", "referrer")[0] == ("2024-01-02 08:00:00.000000",)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_parquet_with_text_that_is_not_utf_8_is_refused(kind, home, sources_dir, deliver):
    text = pa.array([b"\x8e\x91\x90\xb6", b"x"], pa.binary()).view(pa.string())
    octets = io.BytesIO()
    parquet.write_table(pa.table({"brand_id": ["b1", "b2"], "name": text.cast(kind)}), octets)
    deliver("brands/a.parquet", octets.getvalue())
    with pytest.raises(LandingRefused, match=r"brands/a\.parquet: holds text that is not UTF-8"):
        land(home, sources_dir)


def test_numbers_of_any_length_in_json_are_kept(home, sources_dir, deliver, rows):
    number = "9" * 5000
    deliver("brands/a.jsonl", f'{{"brand_id":{number},"name":[{number},1]}}\n')
    land(home, sources_dir)
    assert rows("brands", "brand_id, name") == [(number, f'["{number}",1]')]


def test_landed_files_are_private(home: Home, sources_dir: Path, deliver):
    deliver("brands/a.csv", BRANDS)
    deliver("stores/a.jsonl", '{"store_id":"s1","name":"x"}')
    land(home, sources_dir)
    files = [path for path in home.landing.rglob("*") if path.is_file()]
    assert len(files) >= 3
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}
