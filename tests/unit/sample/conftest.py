"""One simulated shop for all tests of the simulator."""

from datetime import date
from pathlib import Path

import pytest

from dagster_project.sample.simulate import simulate

LAST_DAY = date(2026, 10, 31)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources folder of a shop of 600 members over a year."""
    out = tmp_path_factory.mktemp("sample") / "sources"
    simulate(600, 365, 7, out, LAST_DAY)
    return out
