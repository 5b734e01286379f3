"""Erasure in the warehouse: staged rows as a rebuild from the overwritten landing would give them.

Staging and identity are built again afterwards, by dbt: of large tables that reads only the files concerned. Core and
what comes after it see for themselves what has changed.
"""

from typing import Any

import duckdb
import pyarrow as pa

from dagster_project import dbt_runner
from dagster_project.errors import StageFailed
from dagster_project.home import Home
from dagster_project.identity import matching_keys
from dagster_project.landing.contract import Source, sources
from dagster_project.landing.manifest import Landed
from dagster_project.privacy.carried import Carried
from dagster_project.privacy.overwrite import ERASED
from dagster_project.staging.values import has_table, normalise_new_values

BY_FILE = ("pii.int_identity__tuples", "pii.int_identity__web_purchases")
_PARTY_KEYS = ("member_key", "card_key", "line_key", "email_key", "phone_key", "visitor_key")
# Their orders keep their place in landing, by which core would take them for unchanged.
ORDERS = {"ec_orders": "'ec:' || order_id", "pos_receipts": "'store:' || receipt_id"}


def correct(
    con: duckdb.DuckDBPyConnection, home: Home, found: dict[Landed, Carried], gone: set[str], keys: list[int]
) -> None:
    """Make staging and identity what they would be if the rows had landed as they are now."""
    for name in sorted({file.source for file in found}):
        _correct_source(con, sources()[name], {file: there for file, there in found.items() if file.source == name})
    file_ids = [file.file_id for file in found]
    con.register("gone_values", pa.table([sorted(gone)], schema=pa.schema([("raw", pa.string())])))
    con.execute("delete from staging.normalised_values where raw in (select raw from gone_values)")
    con.unregister("gone_values")
    normalise_new_values(con)  # what rule tables hold is read anew where it went with the rest
    for relation in BY_FILE:
        con.execute(f"delete from {relation} where list_contains(?, _file_id)", [file_ids])
    if con.execute("select 1 from duckdb_tables() where schema_name = 'core' and table_name = 'parties'").fetchall():
        holds = " or ".join(f"list_contains($keys, {column})" for column in _PARTY_KEYS)
        con.execute(f"delete from core.parties where {holds}", {"keys": keys})
    matching_keys.fill(con)
    for stage in ("staging", "identity"):
        build(home, f"fqn:kizuna.{stage}")


def rebuild(con: duckdb.DuckDBPyConnection, names: list[str]) -> None:
    """Have staging build these sources from landing anew, whole: where a stop has left unknown what was corrected."""
    if has_table(con, "fingerprints"):
        con.execute("update staging.fingerprints set fingerprint = '' where list_contains(?, source)", [names])
        con.execute("delete from staging.normalised_values")


def build(home: Home, select: str, with_tests: bool = True) -> None:
    """Build what an erasure reads or has changed. Raises StageFailed."""
    result: Any = dbt_runner.build(home, select, with_tests=with_tests)
    failed = [node.node.name for node in result.results if node.status in ("error", "fail", "runtime error")]
    if failed:
        raise StageFailed(f"for an erasure, what it needs does not build: {', '.join(failed)}; run again")


def _correct_source(con: duckdb.DuckDBPyConnection, source: Source, found: dict[Landed, Carried]) -> None:
    base = f"staging.base_{source.name}"
    went = [name for name in source.column_names if name not in source.stays]
    _places(con, {file: there.whole for file, there in found.items()})
    if source.name in ORDERS:
        con.execute(
            f"insert into run.touched_orders select distinct {ORDERS[source.name]} from {base} as base"
            f" where {_is_there} and base.row_outcome in ('staged', 'superseded')"
        )
    nulls = ", ".join(f"{name} = null" for name in went)
    left_out = "true"
    if source.stands_without_person:
        listed = ", ".join(f"'{name}'" for name in went)
        kept = f"list_filter(string_split(warning_columns, ','), lambda name: name not in ({listed}))"
        shown = ", ".join(f"'{name}', landed.{name}" for name in source.column_names)
        con.execute(
            f"update {base} as base set {nulls}, warning_columns = nullif(array_to_string({kept}, ','), ''),"
            " row_json = case when row_json is not null then"
            f" (select cast(json_object({shown}) as varchar) from landing.{source.name} as landed"
            " where landed._file_id = base._file_id and landed._line_no = base._line_no) end"
            f" where {_is_there}"
        )
        left_out = "base.problem_reason is not null and base.problem_column is null"  # a torn line
    key = ", _key = '!' || _file_id || ':' || cast(_line_no as varchar)" if source.mode == "upsert" else ""
    con.execute(
        f"update {base} as base set {nulls}{key}, row_outcome = '{ERASED}', problem_column = null,"
        f" problem_reason = '{ERASED}', warning_columns = null, row_json = null where {_is_there} and {left_out}"
    )
    for name in sorted({name for there in found.values() for name in there.cells}):
        _places(con, {file: there.cells.get(name, set()) for file, there in found.items()})
        con.execute(f"update {base} as base set {name} = null where {_is_there}")
        # Facts that are loaded once per file do not see that a cell went.
        con.execute("update staging.fingerprints set generation = generation + 1 where source = ?", [source.name])
    con.execute("drop table erased_places")


_is_there = (
    "exists (select 1 from erased_places as place"
    " where place._file_id = base._file_id and place._line_no = base._line_no)"
)


def _places(con: duckdb.DuckDBPyConnection, lines: dict[Landed, set[int]]) -> None:
    places = [(file.file_id, line_no) for file, numbers in lines.items() for line_no in sorted(numbers)]
    table = pa.table(
        [[file_id for file_id, _ in places], [line_no for _, line_no in places]],
        schema=pa.schema([("_file_id", pa.string()), ("_line_no", pa.int64())]),
    )
    con.register("found_places", table)
    con.execute("create or replace temp table erased_places as select * from found_places")
    con.unregister("found_places")
