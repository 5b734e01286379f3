"""Each rule of the receiver's contract, with a row that breaks it: the row is held back, the rest goes."""

import csv
import json

import pytest
from feed_steps import feed_of

A = "あ"  # three bytes in UTF-8


def only_reason(prepared) -> str:
    assert prepared.counts.held_back == 1
    return next(iter(prepared.held_back_reasons))


@pytest.mark.parametrize(
    ("text", "goes"),
    [
        ("x" * 255, True),
        ("x" * 256, True),
        ("x" * 257, False),
        (A * 85, True),
        (A * 85 + "x", True),
        (A * 85 + "xx", False),
        ("x" * 200 + A * 19, False),
    ],
    ids=lambda value: f"{len(value)}_letters" if isinstance(value, str) else None,
)
def test_a_cell_of_at_most_256_bytes_goes(steps, text, goes):
    assert (len(text.encode()) <= 256) is goes
    steps.put({"good": "fine", "edge": text})
    prepared = steps.prepare()
    assert prepared.counts.added == (2 if goes else 1)
    if not goes:
        assert only_reason(prepared) == "name: more than 256 bytes"
    steps.sync()
    assert steps.receive() == ({"good": ["fine"], "edge": [text]} if goes else {"good": ["fine"]})


@pytest.mark.parametrize(
    ("key", "goes"),
    [("k" * 8000, True), ("k" * 8001, False), (A * 2667, False)],
    ids=["8000", "8001", "8001_of_three_byte_letters"],
)
def test_a_key_of_at_most_8000_bytes_goes(steps, key, goes):
    steps.put({key: "x"})
    prepared = steps.prepare()
    assert prepared.counts.added == int(goes)
    assert goes or only_reason(prepared) == "key: key of more than 8000 bytes"


def test_a_row_without_a_key_is_held_back(steps, con):
    con.execute("insert into marts.things (id, name) values (null, 'nobody'), ('', 'nobody'), ('a', 'somebody')")
    prepared = steps.prepare()
    assert (prepared.counts.added, prepared.counts.held_back) == (1, 2)
    assert prepared.held_back_reasons == {"key: key is empty": 2}


def test_a_key_that_occurs_twice_is_held_back_whole_since_neither_row_is_known_to_be_right(steps, con):
    con.execute("insert into marts.things (id, name) values ('a', 'one'), ('a', 'two'), ('b', 'three')")
    prepared = steps.prepare()
    assert (prepared.counts.added, prepared.counts.held_back) == (1, 2)
    assert prepared.held_back_reasons == {"key: key occurs more than once": 2}


@pytest.mark.parametrize("column", ["on_day", "sent_at"])
def test_a_date_column_holds_no_null(steps, con, column):
    con.execute(
        "insert into marts.things (id, on_day, sent_at) values ('a', null, null),"
        " ('b', '2024-02-29', '2024-02-29 01:02:03.9')"
    )
    kind = "date" if column == "on_day" else "timestamp"
    feed = feed_of(columns=[{"name": "key", "from": "id"}, {"name": "d", "type": kind, "from": column}])
    assert only_reason(steps.prepare(feed)) == "d: no date"
    steps.sync(feed)
    assert steps.receive() == {"b": ["2024-02-29" if kind == "date" else "2024-02-29 01:02:03"]}


@pytest.mark.parametrize("text", ["infinity", "-infinity", "12024-01-02", "0044-03-15 (BC)"])
@pytest.mark.parametrize(("kind", "column"), [("date", "on_day"), ("timestamp", "sent_at"), ("date", "name")])
def test_a_date_that_the_format_cannot_hold_is_held_back(steps, con, text, kind, column):
    con.execute(f"insert into marts.things (id, {column}) values ('a', '{text}'), ('b', '0099-01-02')")
    feed = feed_of(columns=[{"name": "key", "from": "id"}, {"name": "d", "type": kind, "from": column}])
    assert only_reason(steps.prepare(feed)) == f"d: cannot be written as {kind}"
    steps.sync(feed)
    assert steps.receive() == {"b": ["0099-01-02" if kind == "date" else "0099-01-02 00:00:00"]}


def test_a_date_column_may_say_what_stands_for_a_missing_date(steps, con):
    con.execute("insert into marts.things (id, on_day) values ('a', null)")
    steps.sync(
        feed_of(
            columns=[
                {"name": "key", "from": "id"},
                {"name": "d", "type": "date", "from": "on_day", "null_as": "1900-01-01"},
            ]
        )
    )
    assert steps.receive() == {"a": ["1900-01-01"]}


def test_text_that_is_not_of_the_column_s_type_is_held_back(steps):
    steps.put({"a": "12", "b": "twelve"})
    feed = feed_of(columns=[{"name": "key", "from": "id"}, {"name": "name", "type": "integer"}])
    assert only_reason(steps.prepare(feed)) == "name: cannot be written as integer"


def test_a_fraction_is_not_rounded_into_an_integer_column(steps, con):
    con.execute("insert into marts.things (id, amount) values ('a', 12.00), ('b', 12.50)")
    feed = feed_of(columns=[{"name": "key", "from": "id"}, {"name": "amount", "type": "integer"}])
    assert only_reason(steps.prepare(feed)) == "amount: cannot be written as integer"
    steps.sync(feed)
    assert steps.receive() == {"a": ["12"]}


def test_csv_is_utf8_without_bom_with_lf_and_doubled_quotes(steps):
    steps.put(
        {
            "1": "plain",
            "2": 'say "hi", you',
            "3": "two\nlines",
            "4": "cr\rhere",
            "5": None,
            "6": "漢字",
            "7": " x ",
        }
    )
    steps.sync()
    content = (steps.folders()[0] / "data-0001.csv").read_bytes()
    assert (
        content
        == ('key,name\n1,plain\n2,"say ""hi"", you"\n3,"two\nlines"\n4,"cr\rhere"\n5,\n6,漢字\n7, x \n').encode()
    )


def test_json_lines_carry_types_and_nulls(steps, con):
    con.execute(
        "insert into marts.things values"
        " ('a', 'say \"hi\"\n漢', 12.50, '2024-01-02', '2024-01-02 03:04:05', true),"
        " ('b', null, null, '2024-01-02', '2024-01-02 03:04:05', null)"
    )
    feed = feed_of(
        format="jsonl",
        columns=[
            {"name": "key", "from": "id"},
            {"name": "name"},
            {"name": "amount", "type": "number"},
            {"name": "d", "type": "date", "from": "on_day"},
            {"name": "at", "type": "timestamp", "from": "sent_at"},
            {"name": "flag", "type": "boolean"},
        ],
    )
    steps.sync(feed)
    content = (steps.folders()[0] / "data-0001.jsonl").read_bytes()
    assert content.endswith(b"}\n")
    common = {"d": "2024-01-02", "at": "2024-01-02 03:04:05"}
    assert [json.loads(line) for line in content.decode().splitlines()] == [
        {"key": "a", "name": 'say "hi"\n漢', "amount": 12.5, **common, "flag": True},
        {"key": "b", "name": None, "amount": None, **common, "flag": None},
    ]


def test_files_are_split_before_they_grow_too_large_and_no_line_is_cut(steps):
    rows = {f"k{n:03}": A * (n % 40) for n in range(200)}
    steps.put(rows)
    steps.sync(max_file_bytes=1000)
    files = sorted(steps.folders()[0].glob("data-*.csv"))
    assert len(files) > 10
    assert all(file.stat().st_size <= 1000 and file.read_bytes().startswith(b"key,name\n") for file in files)
    assert steps.receive() == {key: [text] for key, text in rows.items()}


def test_a_line_longer_than_a_file_may_be_stands_alone(steps):
    steps.put({"a": "x" * 90, "b": "y" * 90})
    prepared = steps.prepare(max_file_bytes=50)
    assert [file.rows for file in prepared.files] == [1, 1]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_deletes_files_name_keys_as_their_format_does_and_are_split_too(steps, form):
    keys = [f'{n:02} "quoted", two\nlines 漢' for n in range(20)]
    steps.put(dict.fromkeys([*keys, "stays"], "x"))
    feed = feed_of(format=form, limits={"max_removed_share": 1})
    steps.sync(feed)
    steps.put({"stays": "x"})
    steps.sync(feed, max_file_bytes=200)
    files = sorted(steps.folders()[-1].glob("deletes-*"))
    assert len(files) > 3
    assert all(file.stat().st_size <= 200 for file in files)
    found = []
    for file in files:
        with file.open(encoding="utf-8", newline="") as lines:
            if form == "jsonl":
                found += [json.loads(line)["key"] for line in lines]
            else:
                header, *rows = csv.reader(lines)
                assert header == ["key"]
                found += [key for (key,) in rows]
    assert found == sorted(keys)


def test_a_file_is_closed_at_exactly_its_limit(steps):
    steps.put({"a": "1", "b": "2", "c": "3"})
    header, row = len(b"key,name\n"), len(b"a,1\n")
    assert [file.rows for file in steps.prepare(max_file_bytes=header + 2 * row).files] == [2, 1]
    assert [file.rows for file in steps.prepare(max_file_bytes=header + 2 * row - 1).files] == [1, 1, 1]
