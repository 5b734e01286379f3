"""A home, a sources folder, and small deliveries of brands (two required columns) and web events (many
columns).
"""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.home import Home
from dagster_project.landing.views import refresh

Deliver = Callable[..., Path]
Rows = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home")


@pytest.fixture
def sources_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    return folder


@pytest.fixture
def deliver(sources_dir: Path) -> Deliver:
    """deliver("brands/a.csv", text or bytes, encoding): writes one file, packed where its name says gz."""

    def write(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        octets = content.encode(encoding) if isinstance(content, str) else content
        path = sources_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(octets) if name.endswith(".gz") else octets)
        return path

    return write


@pytest.fixture
def rows(home: Home) -> Rows:
    """rows("brands", "brand_id, name"): what the source's view holds, in landing order."""

    def read(source: str, columns: str = "*") -> list[tuple[Any, ...]]:
        with duckdb.connect() as con:
            refresh(con, home)
            return con.execute(f"select {columns} from landing.{source} order by _file_no, _line_no").fetchall()

    return read
