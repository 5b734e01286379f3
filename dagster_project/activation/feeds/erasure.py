"""Whom feeds may never mention again: `home/ledger/feeds/erased.json`, customer_ids and nothing else.

Written when a person is erased. From then on no feed sends a row about that customer, and every row that one has sent
is deleted at its receiver, past the brake: see `prepare`.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from dagster_project.files import parse, write_atomically
from dagster_project.home import Home

REASON = "erased"
ERASED, FORGOTTEN = "erased.json", "forgotten.json"


def record_erasure(home: Home, customer_ids: Iterable[str]) -> None:
    """Put `customer_ids` (the person's id and its aliases) on the list. Idempotent."""
    _write(home.ledger / "feeds" / ERASED, erased(home) | set(customer_ids))


def readmit(home: Home, customer_ids: Iterable[str]) -> None:
    """Take `customer_ids` off the list: somebody registered anew after an erasure, and has the same id."""
    for name in (ERASED, FORGOTTEN):
        path = home.ledger / "feeds" / name
        _write(path, _read(path) - set(customer_ids))


def erased(home: Home) -> set[str]:
    """The customer_ids on the list."""
    return _read(home.ledger / "feeds" / ERASED)


def forgotten(home: Home) -> set[str]:
    """Those of whom nothing is left that names them: see `forgetting`."""
    return _read(home.ledger / "feeds" / FORGOTTEN)


def record_forgotten(home: Home, customer_ids: Iterable[str]) -> None:
    """Note that nothing names `customer_ids` any more."""
    _write(home.ledger / "feeds" / FORGOTTEN, forgotten(home) | set(customer_ids))


def _read(path: Path) -> set[str]:
    return set(parse(path, json.loads)) if path.exists() else set()


def _write(path: Path, customer_ids: set[str]) -> None:
    if customer_ids != _read(path):
        write_atomically(path, json.dumps(sorted(customer_ids), indent=0).encode())
