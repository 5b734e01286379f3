"""A run stopped by kill -9, run again, gives what an undisturbed run gives; what is published is never half."""

import os
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

from tests import warm
from tests.conftest import LAST_DAY, SALT, Shop
from tests.pipeline.stages import run_from

NEXT_DAY = LAST_DAY + timedelta(days=1)
# The line after which the stage is under way: something of it is already written.
UNDER_WAY = {
    "landing": "landing      started",
    "core": "core.int_core__order_lines",
    "activation": "steps number 2",
    "publish": "marts.rf_matrix: ",
}


def kill_when(
    shop: Shop, line: str, as_of: date, seconds_after: float = 0, command: Callable[[], None] | None = None
) -> None:
    """Start the daily job and kill it, without a chance to clean up, `seconds_after` it has printed `line`."""
    arguments = ["run", "--home", str(shop.home), "--sources", str(shop.sources), "--as-of", str(as_of)]
    told, complained = shop.home.parent / "stdout", shop.home.parent / "stderr"
    complained.unlink(missing_ok=True)
    run = warm.start(arguments, os.environ | {"KIZUNA_SALT": SALT}, shop.home.parent, told, complained, command)
    try:
        while not has_told(complained, line):
            assert run.exitcode is None, f"the run never printed {line!r}: {complained.read_text()[-2000:]}"
            time.sleep(0.01)
        time.sleep(seconds_after)
    finally:
        run.kill()
        run.join()
    assert run.exitcode == -9 or seconds_after > 0


def has_told(complained: Path, line: str) -> bool:
    """Whether a run has come to `line`; rf_matrix is named twice, when it is built and when it is published."""
    text = complained.read_text() if complained.exists() else ""
    if line == UNDER_WAY["publish"]:
        text = text.partition("publish      started")[2]
    return line in text


def contents(shop: Shop) -> dict[str, str]:
    """What is published, without what carries the clock: sync ids, and the marts that tell of syncs."""
    found = {}
    for name, fingerprint in shop.published().items():
        path = Path(name)
        if path.parts[0] != "feeds":
            found[name] = fingerprint
        elif path.name != "manifest.json":
            # feeds/<feed_id>/<sync_id>/<file>: the data of a sync whenever it was made.
            found[f"feeds/{path.parts[1]}/{path.name}: {fingerprint}"] = fingerprint
    return {name: fingerprint for name, fingerprint in found.items() if name not in ("sync_runs", "sync_rows")}


def scratch_of_publication(shop: Shop) -> list[Path]:
    """Half-written files where others read."""
    return [file for folder in ("marts", "targets", "feeds") for file in (shop.home / folder).rglob("*.tmp")]


@pytest.mark.timeout(1800)  # three runs in a row
def test_a_first_run_killed_at_stage_after_stage_ends_like_an_undisturbed_one(shop: Shop, tmp_path: Path) -> None:
    own = Shop(tmp_path / "home", shop.sources)
    for stage in ("landing", "core"):
        kill_when(own, UNDER_WAY[stage], LAST_DAY)
        assert not (own.home / "marts.duckdb").exists(), stage
        assert [
            file for folder in ("targets", "feeds") for file in (own.home / folder).rglob("*") if file.is_file()
        ] == []
    own.run()
    assert contents(own) == contents(shop)
    assert scratch_of_publication(own) == []


@pytest.fixture(scope="module")
def day_after(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop after an undisturbed second run, of the day after."""
    own = shop.copy(tmp_path_factory.mktemp("day_after"))
    own.run(NEXT_DAY)
    return own


# Publication is short: marts are built aside, documents written; ledger, swap and delivery follow within seconds.
@pytest.mark.parametrize("seconds_after", [1.5])
def test_a_run_killed_in_activation_or_while_it_publishes_leaves_a_whole_day_and_can_be_run_again(
    shop: Shop, day_after: Shop, tmp_path: Path, seconds_after: float
) -> None:
    own = shop.copy(tmp_path)
    before, after = own.published(), contents(day_after)
    kill_when(own, UNDER_WAY["activation"], NEXT_DAY, command=partial(run_from, "activation"))
    assert own.published() == before
    kill_when(own, UNDER_WAY["publish"], NEXT_DAY, seconds_after)
    left = {name: fingerprint for name, fingerprint in own.published().items() if "/" not in name}
    days = [
        {name: fingerprint for name, fingerprint in found.items() if "/" not in name and not name.startswith("sync_")}
        for found in (before, after)
    ]
    assert {name: fingerprint for name, fingerprint in left.items() if not name.startswith("sync_")} in days
    own.run(NEXT_DAY)
    assert contents(own) == after
    assert scratch_of_publication(own) == []
