"""The whole line, run by the command line: a simulated shop (`tests/conftest.py`) and a hand-made one."""

import pytest

from tests.conftest import KIZUNA, LAST_DAY, Shop
from tests.pipeline import handmade, planted

__all__ = ["KIZUNA", "LAST_DAY", "Shop"]


@pytest.fixture(scope="session")
def planted_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The hand-made shop of `planted.py` after one daily run."""
    shop = handmade.open_shop(tmp_path_factory.mktemp("planted"), planted.shop(), planted.RULES)
    shop.run(planted.AS_OF)
    return shop
