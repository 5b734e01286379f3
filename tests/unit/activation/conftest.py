"""The shop that the scenario tests run over."""

from pathlib import Path

import duckdb
import pytest
from activation_shop import TABLES, Shop

from dagster_project.home import Home


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """An empty shop without hold-outs."""
    monkeypatch.setenv("KIZUNA_DEFAULT_HOLDOUT", "0")
    monkeypatch.setenv("KIZUNA_SALT", "a salt")
    con = duckdb.connect()
    con.execute(TABLES)
    return Shop(con, Home.open(tmp_path / "home"))
