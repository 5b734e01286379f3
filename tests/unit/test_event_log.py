from pathlib import Path

import pytest
import sqlalchemy
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable

from dagster_project import event_log


def test_the_file_is_opened_once_to_see_whether_a_table_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = event_log.PooledEventLogStorage(str(tmp_path))
    asked: list[str] = []
    base = event_log.ConsolidatedSqliteEventLogStorage.has_table

    def has_table(self: object, name: str) -> bool:
        asked.append(name)
        return base(self, name)

    monkeypatch.setattr(event_log.ConsolidatedSqliteEventLogStorage, "has_table", has_table)
    assert storage.supports_asset_checks
    assert storage.supports_asset_checks
    assert asked == [AssetCheckExecutionsTable.name]


def test_a_table_that_comes_later_is_seen(tmp_path: Path) -> None:
    storage = event_log.PooledEventLogStorage(str(tmp_path))
    assert not storage.has_table("later")
    with storage.index_connection() as connection:
        connection.execute(sqlalchemy.text("create table later (id integer)"))
    assert storage.has_table("later")
