"""seeds/sources.yml: what it may say, and how its faults are named."""

import pytest

from dagster_project.errors import ConfigurationError
from dagster_project.landing.contract import sources
from dagster_project.landing.land import land
from dagster_project.landing.origins import load_origins, read_origins


@pytest.fixture
def faults(tmp_path):
    """faults(text): line and words of each fault of a sources.yml with this text."""

    def read(text: str) -> list[tuple[int, str, str]]:
        (tmp_path / "sources.yml").write_text(text)
        return [(fault.line, fault.message, fault.remedy) for fault in read_origins(tmp_path / "sources.yml")[1]]

    return read


def test_the_shipped_file_names_every_source_and_has_no_fault():
    origins, found = read_origins()
    assert found == []
    assert list(origins.by_source) == list(sources())
    assert all(origin.place[1] > 0 for origin in origins.by_source.values())


def test_a_source_that_is_left_out_is_read_from_the_folder_of_its_name(faults):
    assert faults("") == []
    assert faults("sources:\n  brands:\n  stores: {}\n") == []


@pytest.mark.parametrize(
    ("text", "line", "message", "remedy"),
    [
        ("sources:\n  brandz: {}\n", 2, "unknown source brandz", "did you mean brands?"),
        ("sources:\n  brands: {type: ftp}\n", 2, "brands: unknown type ftp", "known types: files"),
        ("sources:\n  brands:\n    foldr: x\n", 3, "brands: unknown option foldr", "did you mean folder?"),
        ("sources:\n  brands: {folder: ../x}\n", 2, "brands: folder leaves the sources folder", ""),
        ("sources:\n  brands: {folder: /etc}\n", 2, "brands: folder leaves the sources folder", ""),
        ("sources:\n  brands: {folder: [a]}\n", 2, "brands: folder is not one value", ""),
        ("sources:\n  brands: {delimiter: x}\n", 2, "brands: delimiter is none of comma, tab, ; and |", ""),
        ("sources:\n  brands: {}\n  brands: {}\n", 3, "sources: brands stands twice", ""),
        ("sources: [a]\n", 1, "sources is not a mapping", ""),
        ("source: {}\n", 1, "unknown key source", "did you mean sources?"),
        ("ignore: x\n", 1, "ignore is not a list of folders", ""),
    ],
)
def test_faults_are_named_with_line_and_remedy(text, line, message, remedy, faults):
    assert faults(text) == [(line, message, remedy)]


def test_text_that_is_not_yaml_is_a_fault_with_its_line(faults):
    [(line, message, _)] = faults("sources:\n  brands: {\n")
    assert line == 3
    assert message.startswith("is not YAML")


def test_all_faults_are_raised_at_once(tmp_path):
    (tmp_path / "sources.yml").write_text("x: 1\nsources:\n  y: {}\n  brands: {encoding: klingon}\n")
    with pytest.raises(ConfigurationError) as error:
        load_origins(tmp_path / "sources.yml")
    assert [fault.line for fault in error.value.faults] == [1, 3, 4]


def test_folder_encoding_and_delimiter_are_obeyed(home, sources_dir, deliver, rows, tmp_path, monkeypatch):
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "sources.yml").write_text(
        "sources:\n  brands: {folder: masters/brands, encoding: Shift_JIS, delimiter: ';'}\n"
    )
    monkeypatch.setenv("KIZUNA_SEEDS", str(seeds))
    deliver("masters/brands/a.csv", "brand_id;name\nb,1;髙島\n", "cp932")
    report = land(home, sources_dir)
    assert report.warnings == ()
    assert rows("brands", "brand_id, name") == [("b,1", "髙島")]
