"""Files that change under the reading, links that lead nowhere, names that no other system would have given."""

import os
from pathlib import Path

import pytest

from dagster_project.errors import LandingRefused
from dagster_project.landing import land as landing
from dagster_project.landing import manifest
from dagster_project.landing.land import land

BRANDS = "brand_id,name\nb1,x\n"


def test_a_file_replaced_between_its_check_and_its_reading_is_refused(home, sources_dir, deliver, rows, monkeypatch):
    path = deliver("brands/a.csv", BRANDS)
    deliver("brands/b.csv", "brand_id,name\nb2,y\n")
    plain = landing.inspect

    def and_replace(delivery):
        if delivery.name == "b.csv":
            path.write_text(BRANDS.replace("x", "y"))  # of the same size
        return plain(delivery)

    with monkeypatch.context() as patched:
        patched.setattr(landing, "inspect", and_replace)
        with pytest.raises(LandingRefused, match=r"brands/a\.csv: changed while it was read"):
            land(home, sources_dir)
    land(home, sources_dir)
    assert rows("brands", "brand_id, name") == [("b1", "y"), ("b2", "y")]


@pytest.mark.parametrize("step", ["inspect", "read_columns"])
def test_a_file_that_goes_away_while_it_is_read_is_refused(step, home, sources_dir, deliver, monkeypatch):
    path = deliver("brands/a.csv", BRANDS)
    plain = getattr(landing, step)
    monkeypatch.setattr(landing, step, lambda *args: (plain(*args), path.unlink(missing_ok=True))[0])
    with pytest.raises(LandingRefused, match=r"brands/a\.csv: .*went away"):
        land(home, sources_dir)


def test_links_that_lead_to_themselves_are_refused(home, sources_dir, deliver):
    deliver("brands/a.csv", BRANDS)
    (sources_dir / "brands/b.csv").symlink_to("b.csv")
    (sources_dir / "stores").symlink_to("stores")
    with pytest.raises(LandingRefused) as refused:
        land(home, sources_dir)
    assert [fault.file for fault in refused.value.faults] == ["brands/b.csv", "stores"]


def test_what_has_the_name_of_a_source_and_is_no_folder_is_refused(home, sources_dir, tmp_path):
    (sources_dir / "brands").write_text(BRANDS)
    (sources_dir / "stores").symlink_to(tmp_path / "not-mounted")
    with pytest.raises(LandingRefused) as refused:
        land(home, sources_dir)
    assert [str(fault) for fault in refused.value.faults] == [
        f"{name}: is no folder, or a link to nothing (make it a folder with the files of {name})"
        for name in ("brands", "stores")
    ]


def test_a_folder_that_may_not_be_searched_is_refused(home, sources_dir, deliver, monkeypatch):
    path = deliver("brands/a.csv", BRANDS)
    plain = Path.is_dir

    def denied(self):
        if self == path:
            raise PermissionError(13, "Permission denied")
        return plain(self)

    monkeypatch.setattr(Path, "is_dir", denied)
    with pytest.raises(LandingRefused, match="brands: cannot be read: Permission denied"):
        land(home, sources_dir)


def test_names_in_any_encoding_and_with_any_character_are_landed(home, sources_dir, deliver, rows):
    # As archives packed on Windows unpack; a line separator of Unicode is no end of a line.
    for number, name in enumerate(["商品.csv".encode("cp932"), b"\x81.csv", "a\u2028b.csv".encode()]):
        (sources_dir / "brands").mkdir(exist_ok=True)
        (sources_dir / "brands" / os.fsdecode(name)).write_text(f"brand_id,name,no\u2028te,a\u0085b\nb{number},x,,\n")
    (sources_dir / os.fsdecode("商品".encode("cp932"))).mkdir()
    report = land(home, sources_dir)
    assert [file.name for file in manifest.read(home).landed] == ["a\u2028b.csv", "\\x81.csv", "商品.csv"]
    assert report.warnings == ("商品: not read, since it is no source's folder",)
    assert rows("brands", "brand_id") == [("b2",), ("b1",), ("b0",)]


def test_data_in_the_place_of_a_header_is_not_repeated(home, sources_dir, deliver):
    deliver("members/a.csv", "member_01,member_id@example.com\n")
    with pytest.raises(LandingRefused) as refused:
        land(home, sources_dir)
    assert "member_01" not in str(refused.value) and "@" not in str(refused.value)
