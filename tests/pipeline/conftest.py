"""The whole line, run by the command line: a simulated shop (`tests/conftest.py`) and a hand-made one."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import KIZUNA, LAST_DAY, Shop, once
from tests.pipeline import handmade, handmade_marts, planted

__all__ = ["KIZUNA", "LAST_DAY", "Shop"]


@pytest.fixture(scope="session")
def planted_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The hand-made shop of `planted.py` after one daily run; a worker's own copy."""

    def make(folder: Path) -> None:
        handmade.open_shop(folder, planted.shop(), planted.RULES).run(planted.AS_OF)

    made, own = once(tmp_path_factory, "planted_shop", make), tmp_path_factory.mktemp("planted")
    shutil.copytree(made, own, dirs_exist_ok=True)
    return Shop(own / "home", own / "sources", own / "seeds")


@pytest.fixture(scope="session")
def marts_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The hand-made shop of `handmade_marts.py` after its one run; its tests only read it."""

    def make(folder: Path) -> None:
        handmade.open_shop(folder, handmade_marts.shop()).run(handmade_marts.AS_OF)

    made = once(tmp_path_factory, "marts_shop", make)
    return Shop(made / "home", made / "sources")


@pytest.fixture(scope="session")
def name_of(marts_shop: Shop) -> dict[str, str]:
    """customer_id -> member_id."""
    return dict(marts_shop.query("select customer_id, member_ids[1] from marts.customers"))
