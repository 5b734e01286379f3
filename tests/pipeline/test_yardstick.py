"""Every mart against the yardstick: hand-written SQL from the landed files alone, by the contract, row for row."""

from pathlib import Path

import pytest

from tests.bench import yardstick
from tests.bench.compare import MARTS, Difference, compare
from tests.conftest import LAST_DAY, Shop


@pytest.fixture(scope="module")
def differences(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Difference]:
    """Mart -> how the shop's published one differs from the yardstick's."""
    database: Path = tmp_path_factory.mktemp("yardstick") / "yardstick.duckdb"
    yardstick.run(shop.home / "landing", LAST_DAY, yardstick.walked(shop.home), database)
    return {found.mart: found for found in compare(shop.home / "marts.duckdb", database)}


@pytest.mark.parametrize("mart", MARTS)
def test_a_mart_is_what_the_contract_says_of_the_landed_files(mart: str, differences: dict[str, Difference]) -> None:
    found = differences[mart]
    assert found.is_same, found
    assert found.rows > 0
