"""Where the configuration is looked for."""

import pytest

from dagster_project.errors import UsageError
from dagster_project.project import ROOT, seeds


def test_a_folder_of_seeds_that_is_not_there_stops_whoever_asks_for_it(monkeypatch, tmp_path):
    monkeypatch.setenv("KIZUNA_SEEDS", str(tmp_path / "sedes"))
    with pytest.raises(UsageError, match="there is no such folder"):
        seeds()
    monkeypatch.setenv("KIZUNA_SEEDS", str(tmp_path))
    assert seeds() == tmp_path.resolve()
    monkeypatch.delenv("KIZUNA_SEEDS")
    assert seeds() == ROOT / "seeds"
