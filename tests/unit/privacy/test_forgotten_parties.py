"""After an erasure no party carries what was erased, and parties are looked for in all facts again."""

import duckdb
import pytest

from dagster_project.home import Home
from dagster_project.privacy import warehouse_rows

KEYS = ("member_key", "card_key", "line_key", "email_key", "phone_key", "visitor_key")


def test_parties_with_an_erased_identifier_go_and_files_count_as_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("normalise_new_values", "build"):
        monkeypatch.setattr(warehouse_rows, name, lambda *_: None)
    monkeypatch.setattr(warehouse_rows.matching_keys, "fill", lambda _: None)
    with duckdb.connect() as con:
        con.execute("create schema staging; create table staging.normalised_values (raw varchar)")
        con.execute("create schema run; create table run.files_held (holder varchar, state varchar)")
        con.execute("insert into run.files_held values ('facts', 'read'), ('parties', 'read')")
        con.execute("create table run.changed_parties (party_key bigint)")
        columns = ", ".join(f"case when n = {place} then 10 + n end as {key}" for place, key in enumerate(KEYS))
        con.execute(
            f"create schema core; create table core.parties as select n as party_key, {columns} from range(6) r(n)"
        )
        warehouse_rows.correct(con, Home.__new__(Home), {}, set(), [11, 15])
        assert con.execute("select party_key from core.parties order by 1").fetchall() == [(0,), (2,), (3,), (4,)]
        assert con.execute("from run.files_held").fetchall() == [("facts", "read")]
        assert con.execute("from run.changed_parties order by 1").fetchall() == [(1,), (5,)]
