"""Staged tables over files that land, are withdrawn and are restored are what a warehouse built anew would hold."""

from pathlib import Path

import pytest

from dagster_project.home import Home
from dagster_project.landing.deliveries import restore, withdraw
from dagster_project.landing.land import land
from dagster_project.landing.views import refresh
from dagster_project.staging import fingerprint
from dagster_project.staging.values import normalise_new_values
from tests.unit.core.models import Models

ACTS = "action_id,member_id,kind,occurred_at\n"
STAGED = "select action_id, member_id, row_outcome from staging.base_social_actions"


class Staged:
    """A warehouse of one home; `run` does what a run does for one source up to its base model."""

    def __init__(self, folder: Path) -> None:
        self.home, self.sources = Home.open(folder / "home"), folder / "sources"
        self.sources.mkdir()
        self._empty()

    def _empty(self) -> None:
        self._models = Models()
        self._models.con.execute("create schema staging; create schema normalised; set schema = 'staging'")

    def deliver(self, name: str, content: str) -> str:
        """Land one file; returns its id."""
        path = self.sources / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        return land(self.home, self.sources).landed[0].file_id

    def run(self, source: str) -> bool:
        """Stage what is new; whether all was read anew."""
        con = self._models.con
        refresh(con, self.home)
        rebuilt = fingerprint.prepare(con)
        normalise_new_values(con)
        con.execute("create or replace view normalised.normalised_values as from staging.normalised_values")
        self._models.build(f"base_{source}")
        return source in rebuilt

    def rows(self, sql: str) -> list[tuple]:
        return self._models.rows(sql)

    def anew(self, source: str, sql: str) -> list[tuple]:
        """The same rows in a new warehouse."""
        self._empty()
        self.run(source)
        return self.rows(sql)


@pytest.fixture
def staged(tmp_path: Path) -> Staged:
    return Staged(tmp_path)


def test_the_first_copy_is_staged_again_where_its_file_is_restored(staged: Staged) -> None:
    first = staged.deliver("social_actions/a.csv", ACTS + "a1,first,like,2024-01-01\n")
    staged.deliver("social_actions/b.csv", ACTS + "a1,second,like,2024-01-01\na2,other,like,2024-01-01\n")
    staged.run("social_actions")
    before = staged.rows(STAGED)
    withdraw(staged.home, first)
    assert staged.run("social_actions")
    assert staged.rows(STAGED) == [("a1", "second", "staged"), ("a2", "other", "staged")]
    restore(staged.home, first)
    assert staged.run("social_actions")
    assert staged.rows(STAGED) == before
    assert staged.anew("social_actions", STAGED) == before


def test_new_files_and_headers_alone_are_no_reason_to_read_all_anew(staged: Staged) -> None:
    staged.deliver("social_actions/a.csv", ACTS)
    staged.deliver("social_actions/b.csv", ACTS + "a1,first,like,2024-01-01\n")
    assert staged.run("social_actions")
    staged.deliver("social_actions/c.csv", ACTS + "a1,second,like,2024-01-01\n")
    assert not staged.run("social_actions")
    assert not staged.run("social_actions")
    assert staged.rows(STAGED) == [("a1", "first", "staged"), ("a1", "second", "duplicate")]
