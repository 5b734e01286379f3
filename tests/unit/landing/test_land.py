"""What is landed, what is not, and what a landing leaves behind when it is refused or stopped."""

import gzip
import os
from pathlib import Path

import pytest

from dagster_project.errors import LandingRefused, UsageError
from dagster_project.landing import land as landing
from dagster_project.landing import manifest
from dagster_project.landing.land import land

BRANDS = "brand_id,name\nb1,x\n"


def aged(path: Path) -> Path:
    """The file as if it had been written long ago (its hash is then remembered after one reading)."""
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def test_sources_without_a_folder_are_empty_and_typed(home, sources_dir, rows):
    report = land(home, sources_dir)
    assert (report.landing_no, report.landed) == (None, ())
    assert rows("members") == []
    assert manifest.read(home).next_landing_no == 1


def test_a_missing_sources_folder_is_wrong_use(home, tmp_path):
    with pytest.raises(UsageError, match="nowhere"):
        land(home, tmp_path / "nowhere")


def test_a_content_is_landed_once_whatever_its_name(home, sources_dir, deliver, rows):
    deliver("brands/a.csv", BRANDS)
    deliver("brands/b.csv", BRANDS)
    assert land(home, sources_dir).duplicates == ("brands/b.csv",)
    (sources_dir / "brands/a.csv").rename(sources_dir / "brands/c.csv")
    again = land(home, sources_dir)
    assert (again.landing_no, again.duplicates) == (None, ("brands/b.csv", "brands/c.csv"))
    assert rows("brands", "brand_id") == [("b1",)]


def test_the_same_content_in_two_sources_is_two_files(home, sources_dir, deliver):
    deliver("brands/a.csv", "brand_id,store_id,name\nx,x,x\n")
    deliver("stores/a.csv", "brand_id,store_id,name\nx,x,x\n")
    assert len({file.file_id for file in land(home, sources_dir).landed}) == 2


def test_a_changed_file_of_the_same_name_is_landed_anew(home, sources_dir, deliver, rows):
    deliver("brands/a.csv", BRANDS)
    land(home, sources_dir)
    deliver("brands/a.csv", BRANDS + "b2,y\n")
    assert land(home, sources_dir).landing_no == 2
    assert rows("brands", "brand_id, _file_no, _landing_no") == [("b1", 1, 1), ("b1", 2, 2), ("b2", 2, 2)]


def test_files_are_taken_in_name_order_and_sources_in_the_contracts(home, sources_dir, deliver):
    for name in ("stores/b.csv", "brands/z.csv", "brands/b.csv", "brands/a.csv"):
        kind = name.split("/")[0].removesuffix("s")
        deliver(name, f"{kind}_id,name\n{name},x\n")
    landed = land(home, sources_dir).landed
    assert [(file.source, file.name, file.file_no, file.landing_no) for file in landed] == [
        ("brands", "a.csv", 1, 1),
        ("brands", "b.csv", 2, 1),
        ("brands", "z.csv", 3, 1),
        ("stores", "b.csv", 4, 1),
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("brands/a.csv", b""),
        ("brands/a.csv", b"\xef\xbb\xbf\r\n"),
        ("brands/a.csv.gz", b""),
        ("brands/a.jsonl", b"\n"),
        ("brands/a.parquet", b""),
    ],
)
def test_an_empty_file_lands_as_nothing_with_a_warning(name, content, home, sources_dir, deliver):
    deliver(name, content)
    report = land(home, sources_dir)
    assert (report.landed, report.warnings) == ((), (f"{name}: is empty, nothing to land",))


def test_a_gzip_file_of_no_bytes_is_empty_too(home, sources_dir):
    (sources_dir / "brands").mkdir()
    (sources_dir / "brands/a.csv.gz").write_bytes(b"")
    assert land(home, sources_dir).warnings == ("brands/a.csv.gz: is empty, nothing to land",)


def test_a_header_alone_lands_with_no_rows(home, sources_dir, deliver, rows):
    deliver("brands/a.csv", "brand_id,name\n")
    assert [file.rows for file in land(home, sources_dir).landed] == [0]
    assert rows("brands") == []


def test_every_fault_of_every_file_is_named_and_nothing_is_landed(home, sources_dir, deliver, rows):
    deliver("brands/good.csv", BRANDS)
    deliver("brands/missing.csv", "id,Names\nb2,y\n")
    deliver("brands/late.jsonl", '{"brand_id":"b3"}\n')
    deliver("contents/double.csv", "content_id,title,title,\nc1,x,y,z\n")
    deliver("stores/bytes.csv", b"store_id,name\ns1,\x81\xff\xfe\n")
    (sources_dir / "stores/torn.csv.gz").write_bytes(gzip.compress(b"store_id,name\ns1,x\n" * 9)[:-9])
    deliver("stores/plain.csv.gz", "store_id,name\ns1,x\n")
    (sources_dir / "stores/plain.csv.gz").write_bytes(b"store_id,name\n")
    deliver("stores/no.parquet", "store_id,name\n")
    with pytest.raises(LandingRefused) as refused:
        land(home, sources_dir)
    assert [(fault.file, fault.line, fault.message) for fault in refused.value.faults] == [
        ("brands/late.jsonl", 0, "required column name is missing"),
        ("brands/missing.csv", 1, "required column brand_id is missing"),
        ("brands/missing.csv", 1, "required column name is missing"),
        ("contents/double.csv", 1, "column 4 has no name"),
        ("contents/double.csv", 1, "columns 2 and 3 have the same name"),
        ("stores/bytes.csv", 2, "is neither UTF-8 nor CP932 (Shift JIS)"),
        ("stores/no.parquet", 0, "is not a Parquet file"),
        ("stores/plain.csv.gz", 0, "is broken gzip"),
        ("stores/torn.csv.gz", 0, "is broken gzip"),
    ]
    assert "did you mean names?" in str(refused.value)
    assert manifest.read(home).landed == ()
    assert list(home.landing.rglob("*.parquet*")) == []
    assert rows("brands") == []


def test_skip_refused_lands_the_others_and_says_what_it_left_out(home, sources_dir, deliver, rows):
    deliver("brands/a.csv", "id\nb2\n")
    deliver("brands/b.csv", BRANDS)
    report = land(home, sources_dir, skip_refused=True)
    assert {fault.file for fault in report.refused} == {"brands/a.csv"}
    assert [notice.split(" (")[0] for notice in report.notices] == [
        f"brands/a.csv:1: required column {column} is missing" for column in ("brand_id", "name")
    ]
    assert all(notice.endswith("; this file is left out") for notice in report.notices)
    assert rows("brands", "brand_id") == [("b1",)]
    deliver("brands/a.csv", "brand_id,name\nb2,y\n")
    assert land(home, sources_dir).landing_no == 2


def test_a_file_in_utf_16_is_refused_with_its_encoding(home, sources_dir, deliver):
    deliver("brands/a.csv", BRANDS, "utf-16")
    with pytest.raises(LandingRefused, match=r"brands/a\.csv: is UTF-16"):
        land(home, sources_dir)


def test_what_is_no_delivery_is_named_with_a_suggestion(home, sources_dir, deliver):
    deliver("brand/a.csv", BRANDS)
    deliver("brands/a.json", "{}")
    deliver("brands/.hidden.csv", "rubbish")
    deliver("brands/2024/a.csv", BRANDS)
    deliver("truth/people.csv", "x")
    deliver("members.csv", "x")
    warnings = land(home, sources_dir).warnings
    assert len(warnings) == 4
    assert warnings[0] == "brands/2024: folders inside a source's folder are not read; move its files up"
    assert warnings[1].startswith("brands/a.json: not read") and "did you mean .jsonl?" in warnings[1]
    assert warnings[2] == "brand: not read, since it is no source's folder; did you mean brands?"
    assert warnings[3] == "members.csv: not read, since it is not in a source's folder; did you mean members?"


def test_links_that_leave_the_sources_folder_are_refused(home, sources_dir, tmp_path, deliver):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/a.csv").write_text(BRANDS)
    (sources_dir / "brands").symlink_to(tmp_path / "elsewhere")
    (sources_dir / "stores").mkdir()
    (sources_dir / "stores/a.csv").symlink_to(tmp_path / "elsewhere/a.csv")
    with pytest.raises(LandingRefused) as refused:
        land(home, sources_dir)
    assert len(refused.value.faults) == 2
    assert all("leaves the sources folder" in fault.message for fault in refused.value.faults)


def test_a_landing_that_stops_before_its_manifest_entry_leaves_nothing_landed(
    home, sources_dir, deliver, rows, monkeypatch
):
    deliver("brands/a.csv", BRANDS)
    deliver("stores/a.csv", "store_id,name\ns1,x\n")
    with monkeypatch.context() as patched:
        patched.setattr(manifest, "append", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            land(home, sources_dir)
    assert len(list(home.landing.rglob("*.parquet"))) == 2
    assert rows("brands") == []
    report = land(home, sources_dir)
    assert [(file.file_no, file.landing_no) for file in report.landed] == [(1, 1), (2, 1)]
    assert rows("brands", "brand_id, _file_no") == [("b1", 1)]
    assert land(home, sources_dir).landed == ()


def test_what_was_landed_is_not_read_again(home, sources_dir, deliver, monkeypatch):
    aged(deliver("brands/a.csv", BRANDS))
    aged(deliver("stores/a.csv", "store_id,name\ns1,x\n"))
    monkeypatch.setattr("dagster_project.landing.hashes.TICK_NS", -1)
    monkeypatch.setattr("dagster_project.landing.hashes.COARSE_TICK_NS", -1)
    land(home, sources_dir)
    deliver("brands/b.csv", "brand_id,name\nb2,y\n")
    read: list[str] = []
    for name in ("inspect", "read_columns", "read_rows"):
        plain = getattr(landing, name)
        monkeypatch.setattr(
            landing,
            name,
            lambda *args, name=name, plain=plain: (
                read.append(next(each for each in args if hasattr(each, "delivery") or hasattr(each, "shown"))),
                plain(*args),
            )[1],
        )
    opened: list[str] = []
    plain_open = Path.open
    monkeypatch.setattr(
        Path,
        "open",
        lambda self, *args, **named: (opened.append(self.name), plain_open(self, *args, **named))[1],
    )
    land(home, sources_dir)
    assert {getattr(each, "delivery", each).shown for each in read} == {"brands/b.csv"}
    assert set(opened) & {"a.csv", "b.csv"} == {"b.csv"}


def test_a_file_changed_in_place_is_noticed_although_its_size_is_the_same(home, sources_dir, deliver, monkeypatch):
    monkeypatch.setattr("dagster_project.landing.hashes.TICK_NS", -1)
    path = deliver("brands/a.csv", BRANDS)
    land(home, sources_dir)
    path.write_text(BRANDS.replace("x", "y"))
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert land(home, sources_dir).landing_no == 2


def test_only_some_sources_are_landed_when_asked(home, sources_dir, deliver):
    deliver("brands/a.csv", BRANDS)
    deliver("stores/a.csv", "store_id,name\ns1,x\n")
    assert land(home, sources_dir, only=["stores"]).rows == {"stores": 1}
    assert land(home, sources_dir).rows == {"brands": 1}


def test_a_file_that_changes_while_it_is_read_is_refused(home, sources_dir, deliver, monkeypatch):
    path = deliver("brands/a.csv", BRANDS)
    plain = landing.read_rows

    def and_grow(*args):
        yield from plain(*args)
        path.write_text(BRANDS + "b2,y\n")

    monkeypatch.setattr(landing, "read_rows", and_grow)
    with pytest.raises(LandingRefused, match="changed while it was read"):
        land(home, sources_dir)
    assert manifest.read(home).landed == ()


def test_what_a_killed_landing_wrote_aside_is_cleared(home, sources_dir, deliver):
    (home.landing / "brands").mkdir()
    (home.landing / "brands/0123456789abcdef.parquet.tmp").write_bytes(b"half")
    deliver("brands/a.csv", BRANDS)
    land(home, sources_dir)
    assert len(list((home.landing / "brands").iterdir())) == 1


def test_a_link_to_nothing_is_refused(home, sources_dir):
    (sources_dir / "brands").mkdir()
    (sources_dir / "brands/a.csv").symlink_to(sources_dir / "brands/gone.csv")
    with pytest.raises(LandingRefused, match="a link to nothing"):
        land(home, sources_dir)
