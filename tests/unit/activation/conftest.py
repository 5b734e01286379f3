"""The shop that the scenario tests run over."""

from pathlib import Path

import pytest
from activation_shop import Shop, open_database

from dagster_project.home import Home


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """An empty shop without hold-outs."""
    monkeypatch.setenv("KIZUNA_DEFAULT_HOLDOUT", "0")
    monkeypatch.setenv("KIZUNA_SALT", "a salt")
    return Shop(open_database(), Home.open(tmp_path / "home"))
