"""YAML of any kind of file: what is wrong with it is a fault with line and remedy, never a traceback."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.activation.audiences.library import library_of
from dagster_project.activation.feeds import check_feeds
from dagster_project.activation.kpis import read_kpis
from dagster_project.activation.scenarios.reading import load_scenarios
from dagster_project.errors import ConfigurationError, Fault
from dagster_project.yaml_lines import line_of, read_yaml


def faults(tmp_path: Path, text: str | bytes) -> list[Fault]:
    file = tmp_path / "any.yml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(file, "any.yml")[2]


@pytest.mark.parametrize(
    ("text", "line", "message", "remedy"),
    [
        ("a: 1\nb:\n  - from: 2026-02-31\n", 3, "`2026-02-31` is no value: day is out of range", "put it in quotes"),
        ("a: 1\nb: 2026-01-01 25:00:00\n", 2, "hour must be in", "put it in quotes"),
        ("a: 1\nb: !!int two\n", 2, "`two` is no value", "put it in quotes"),
        ("a: 1\nb: !!bool maybe\n", 2, "`maybe` is no value", "put it in quotes"),
        ("a: 1\n{{b}}: 2\n", 2, "unhashable key", "put it in quotes"),
        ("a: !!python/object:os.system {}\n", 1, "could not determine a constructor", ""),
        ("a: 1\na: 2\n", 2, "'a' stands twice", "keep one"),
        ("a: 1\n\tb: 2\n", 2, "is not valid YAML", "indentation"),
        ("a: 1\nb: \x07\n", 2, "a character that YAML does not allow, 0x7", ""),
        ("a: &a [*a]\n", 0, "nested without end", "alias"),
        (b"a: \xff\n", 0, "is not UTF-8", "save it as UTF-8"),
    ],
)
def test_a_fault_has_its_line_and_remedy(
    tmp_path: Path, text: str | bytes, line: int, message: str, remedy: str
) -> None:
    [fault] = faults(tmp_path, text)
    assert (fault.file, fault.line) == ("any.yml", line)
    assert message in fault.message and remedy in fault.remedy


def test_data_comes_with_the_line_of_each_value(tmp_path: Path) -> None:
    file = tmp_path / "any.yml"
    file.write_text("# a comment\na:\n  - b: 2026-02-28\n")
    data, lines, found = read_yaml(file, "any.yml")
    assert (str(data["a"][0]["b"]), found) == ("2026-02-28", [])
    assert line_of(lines, ("a", 0, "b", "below")) == 3 and line_of(lines, ("nowhere",)) == 2


def of_audiences(seeds: Path) -> list[Fault]:
    return library_of(seeds).faults


def of_feeds(seeds: Path) -> list[Fault]:
    return check_feeds(seeds / "feeds")


def of_metrics(seeds: Path) -> list[Fault]:
    with pytest.raises(ConfigurationError) as told:
        read_kpis(seeds, set())
    return told.value.faults


def of_scenarios(seeds: Path) -> list[Fault]:
    with pytest.raises(ConfigurationError) as told:
        load_scenarios(seeds / "scenarios")
    return told.value.faults


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("audiences/mine.yml", of_audiences),
        ("conditions.yml", of_audiences),
        ("feeds/mine.yml", of_feeds),
        ("kpis.yml", of_metrics),
        ("scenarios/mine.yml", of_scenarios),
    ],
)
def test_every_reader_names_a_day_that_there_is_not(
    tmp_path: Path, name: str, found: Callable[[Path], list[Fault]]
) -> None:
    file = tmp_path / "seeds" / name
    file.parent.mkdir(parents=True)
    file.write_text("id: mine\nfrom: 2026-02-31\n")
    [fault] = found(tmp_path / "seeds")
    assert (fault.file.rpartition("seeds/")[2].rpartition("/")[2], fault.line) == (file.name, 2)
    assert "`2026-02-31` is no value" in fault.message and fault.remedy
