"""What SQL reads by itself is what Python would have read."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.staging.fast_path import is_plain, plain_value
from dagster_project.staging.normalise import READERS
from tests.unit.staging.raw_values import READABLE, UNREADABLE

PLAIN = {
    "id": r"[!-~]{1,12}",
    "email": r"[a-z0-9._+-]{1,12}@[a-z0-9]{1,6}([.-][a-z0-9]{1,5}){0,3}\.[a-z]{2,4}",
    "phone": r"0[789]0(-[0-9]{4}-[0-9]{4}|[0-9]{8})",
    "name": r"[山田太郎あいうアー々a-c0-9]{1,5}( [山田ア]{1,3}){0,2}",
    "kana": r"[アガパヴヷヺー]{1,6}( [アカ]{1,3})?",
    "postal_code": r"[0-9]{3}-?[0-9]{4}",
    "prefecture": r"東京都|大阪府|北海道|(青森|神奈川)県|京都",
    "address": r"[銀座7a-cセン々]{1,5}([ -][0-9銀]{1,3}){0,3}",
    "date": r"[1-9][0-9]{3}[-/][0-9]{1,2}[-/][0-9]{1,2}",
    "timestamp": r"(20|19)[0-9]{2}[-/](0?[1-9]|1[0-2])[-/]([0-2]?[0-9]|3[01])"
    r"([ T][0-9]{1,2}:[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?(Z|[+-][01][0-9](:?[0-5][0-9])?)?)?",
    "boolean": r"true|FALSE|False|1|0|yes|no",
    "integer": r"-?[0-9]{1,18}",
    "money": r"-?[0-9]{1,15}(\.[0-9]{1,2})?",
}


@pytest.fixture(scope="module")
def con():
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    yield connection
    connection.close()


def by_sql(con, kind, raws):
    """raw -> value as text, for those that SQL reads itself."""
    given = "(select unnest(cast(? as varchar[])) as raw)"
    rows = con.execute(
        f"select raw, {plain_value(kind, 'raw')} from {given} where {is_plain(kind, 'raw')}", [raws]
    ).fetchall()
    return {
        raw: None if value is None else str(value).lower() if kind == "boolean" else str(value) for raw, value in rows
    }


@pytest.mark.parametrize("kind", PLAIN)
def test_every_plain_value_reads_alike_in_sql_and_python(con, kind):
    seen = 0

    @given(st.lists(st.from_regex(PLAIN[kind], fullmatch=True), min_size=20, max_size=40))
    @settings(max_examples=10, deadline=None, database=None)
    def compare(raws):
        nonlocal seen
        for raw, value in by_sql(con, kind, raws).items():
            assert value == READERS[kind](raw)[0], raw
            seen += 1

    compare()
    assert seen > 20


@pytest.mark.parametrize("kind", PLAIN)
def test_known_values_are_left_to_python_or_read_alike(con, kind):
    raws = [raw for raw, _ in READABLE[kind]] + UNREADABLE.get(kind, [])
    for raw, value in by_sql(con, kind, raws).items():
        assert value == READERS[kind](raw)[0], raw
