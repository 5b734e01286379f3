"""The whole line on a small simulated shop, run once per session as a user runs it: by the command line."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from dagster_project.garbage import collect_rarely
from dagster_project.home import Home
from dagster_project.publish.reader import connect_published
from tests import warm

collect_rarely()
LAST_DAY = date(2026, 3, 31)
KIZUNA = Path(sys.executable).with_name("kizuna")
SALT = "pipeline-tests"
# Each of pytest's workers takes two files, then one whenever it has none left: the first two need different shops.
LONGEST_FIRST = (
    *("test_crashes", "test_contract_activation", "test_gates", "test_contract_ids", "test_complete_journey"),
    *("test_erasure", "test_contract_brands", "test_command_line", "test_incremental", "test_febrl"),
    *("test_dbt_unit_tests", "test_publish", "test_contract_sources", "test_dagster_ui"),
)


@dataclass(frozen=True)
class Shop:
    """A home with its sources, and what a user can do with them."""

    home: Path
    sources: Path
    seeds: Path | None = None

    def kizuna(
        self, *arguments: str, check: int | None = 0, command: Callable[[], None] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line with this home; `check` is the exit status that must come. `command`: see `warm`."""
        environment = os.environ | {"KIZUNA_SALT": SALT}
        if self.seeds is not None:
            environment["KIZUNA_SEEDS"] = str(self.seeds)
        done = warm.kizuna([*arguments, "--home", str(self.home)], environment, self.home.parent, command)
        if check is not None:
            assert done.returncode == check, f"exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done

    def run(
        self, as_of: date = LAST_DAY, check: int | None = 0, command: Callable[[], None] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """The daily job."""
        return self.kizuna("run", "--as-of", str(as_of), "--sources", str(self.sources), check=check, command=command)

    def query(self, sql: str, parameters: list[Any] | None = None) -> list[tuple]:
        """Rows from the published marts."""
        with connect_published(Home(self.home)) as con:
            return con.execute(sql, parameters or []).fetchall()

    def published(self) -> dict[str, str]:
        """A fingerprint of everything that others read: each mart's content, each list, each feed manifest."""
        found = {}
        with connect_published(Home(self.home)) as con:
            for (table,) in con.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts' order by 1"
            ).fetchall():
                found[table] = str(
                    con.execute(
                        f"select count(*), bit_xor(hash(x)), sum(hash(x)::hugeint) from (select x from marts.{table} x)"
                    ).fetchall()
                )
        for folder in ("targets", "feeds"):
            for file in sorted((self.home / folder).rglob("*")):
                if file.is_file():
                    found[str(file.relative_to(self.home))] = str(hash(file.read_bytes()))
        return found

    def copy(self, to: Path) -> "Shop":
        """The same shop in another place, for a test that changes things."""
        shutil.copytree(self.home, to / "home")
        shutil.copytree(self.sources, to / "sources")
        return Shop(to / "home", to / "sources", self.seeds)

    def manifests(self, feed: str) -> list[dict[str, Any]]:
        """The feed's manifests, oldest first."""
        return [json.loads(file.read_text()) for file in sorted((self.home / "feeds" / feed).glob("*/manifest.json"))]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first, beginning with ones of different shops: who shares a shop waits for it to be made."""
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


def once(folder: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that `make` fills once for all of pytest's workers."""
    shared = of_all_workers(folder)
    with FileLock(shared / f"{name}.lock"):
        if not (shared / name).exists():
            make(shared / f"{name}.tmp")
            (shared / f"{name}.tmp").rename(shared / name)
    return shared / name


def of_all_workers(folder: pytest.TempPathFactory) -> Path:
    """The folder that pytest's workers share."""
    return folder.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else folder.getbasetemp()


@pytest.fixture(scope="session", autouse=True)
def parsed_for_all(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The first worker that needs the parsed project leaves it to the others."""
    os.environ[warm.SHARED] = str(of_all_workers(tmp_path_factory))


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources of a simulated shop of 400 members over 200 days."""

    def make(out: Path) -> None:
        arguments = ["--members", "400", "--days", "200", "--seed", "7", "--last-day", str(LAST_DAY), "--out", str(out)]
        subprocess.run([str(KIZUNA), "simulate", *arguments], check=True, capture_output=True)

    return once(tmp_path_factory, "sources", make)


@pytest.fixture(scope="session")
def shop(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop after one daily run; a worker's own copy."""

    def make(folder: Path) -> None:
        folder.mkdir()
        # By the console script itself, from nothing: other runs of the tests are forked from a warm process.
        arguments = ["--home", str(folder / "home"), "--sources", str(sources), "--as-of", str(LAST_DAY)]
        environment = os.environ | {"KIZUNA_SALT": SALT}
        done = subprocess.run(
            [str(KIZUNA), "run", *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-4000:]

    made = once(tmp_path_factory, "shop", make)
    home = tmp_path_factory.mktemp("run") / "home"
    shutil.copytree(made / "home", home)
    return Shop(home, sources)
