"""A home may lie in a folder of any name that the libraries which open its files can be told."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from dagster_project.cli import cli
from dagster_project.errors import UsageError
from dagster_project.home import Home


@pytest.mark.parametrize("name", ["顧客 [1]", "100%20's"])
def test_names_of_many_kinds_are_taken(tmp_path: Path, name: str) -> None:
    assert Home.open(tmp_path / name).landing.is_dir()


@pytest.mark.parametrize("name", ["shop #1", "shop?"])
def test_what_ends_a_path_for_a_library_is_refused_before_anything_is_made(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="# and \\? end a path"):
        Home.open(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "command", [["card", "email:x"], ["path", "a:1", "b:2"], ["landing", "list"], ["sync", "customers"]]
)
def test_a_command_that_looks_makes_no_home_of_a_mistyped_name(tmp_path: Path, command: list[str]) -> None:
    done = CliRunner().invoke(cli, [*command, "--home", str(tmp_path / "typo")])
    assert done.exit_code == 2
    assert "there is no home here" in done.output
    assert not list(tmp_path.iterdir())
