"""Erasure in the warehouse: staged rows as a rebuild from the overwritten landing would give them.

Identity is built again afterwards, by dbt. Core keeps its rows and makes again those of the acts that are noted in
`run.corrected_acts`; what comes after it sees for itself what has changed.
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
from dagster_project.privacy.carried import Carried, kinds_of
from dagster_project.privacy.overwrite import ERASED
from dagster_project.sql import literal
from dagster_project.staging.values import has_table, normalise_new_values

# Sources of which core keeps the facts by act; of all others it sees by content, or by order, what has changed.
ACTS = ("web_events", "message_events", "social_actions", "survey_answers")
_PARTY_KEYS = ("member_key", "card_key", "line_key", "email_key", "phone_key", "visitor_key")
# Their orders keep their place in landing, by which core would take them for unchanged.
ORDERS = {"ec_orders": "'ec:' || order_id", "pos_receipts": "'store:' || receipt_id"}


def correct(
    con: duckdb.DuckDBPyConnection, home: Home, found: dict[Landed, Carried], gone: set[str], keys: list[int]
) -> None:
    """Make staging and identity what they would be if the rows had landed as they are now."""
    for name in sorted({file.source for file in found}):
        there = {file: there for file, there in found.items() if file.source == name}
        con.begin()
        try:
            correct_source(con, sources()[name], there)
            con.commit()
        except BaseException:
            con.rollback()
            raise
    con.register("gone_values", pa.table([sorted(gone)], schema=pa.schema([("raw", pa.string())])))
    con.execute("delete from staging.normalised_values where raw in (select raw from gone_values)")
    con.unregister("gone_values")
    normalise_new_values(con)  # what rule tables hold is read anew where it went with the rest
    if con.execute("select 1 from duckdb_tables() where schema_name = 'core' and table_name = 'parties'").fetchall():
        holds = " or ".join(f"list_contains($keys, {column})" for column in _PARTY_KEYS)
        con.execute(f"insert into run.changed_parties select party_key from core.parties where {holds}", {"keys": keys})
        con.execute(f"delete from core.parties where {holds}", {"keys": keys})
        # What facts carry by now is looked for in all of them.
        con.execute("delete from run.files_held where holder = 'parties'")
    matching_keys.fill(con)
    build(home, "fqn:kizuna.staging.row_accounts fqn:kizuna.identity")


def correct_source(con: duckdb.DuckDBPyConnection, source: Source, found: dict[Landed, Carried]) -> None:
    """Correct the staged rows of one source in the caller's transaction; note what identity has to read again, and the
    acts that core has to make again.
    """
    base, is_there = f"staging.base_{source.name}", _is_at("erased_places")
    went = [name for name in source.column_names if name not in source.stays]
    _places(con, {file: there.whole.union(*there.cells.values()) for file, there in found.items()})
    _note_for_identity(con, source, "erased_places")
    if source.name in ACTS:
        con.execute(
            f"insert into run.corrected_acts select '{source.name}', base.{source.key[0]} from {base} as base"
            f" where {is_there} and base.row_outcome = 'staged'"
        )
    _places(con, {file: there.whole for file, there in found.items()})
    con.execute(
        f"create or replace temp table freed_keys as select distinct {', '.join(source.key)} from {base} as base"
        f" where {is_there} and base.row_outcome = 'staged'"
    )
    if source.name in ORDERS:
        con.execute(
            f"insert into run.touched_orders select distinct {ORDERS[source.name]} from {base} as base"
            f" where {is_there} and base.row_outcome in ('staged', 'superseded')"
        )
    nulls = ", ".join(f"{name} = null" for name in went)
    left_out = "true"
    if source.stands_without_person:
        listed = ", ".join(f"'{name}'" for name in went)
        kept = f"list_filter(string_split(warning_columns, ','), lambda name: name not in ({listed}))"
        con.execute(
            f"update {base} as base set {nulls}, warning_columns = nullif(array_to_string({kept}, ','), '')"
            f" where {is_there}"
        )
        _show_again(con, source)
        left_out = "base.problem_reason is not null and base.problem_column is null"  # a torn line
    key = ", _key = '!' || _file_id || ':' || cast(_line_no as varchar)" if source.mode == "upsert" else ""
    con.execute(
        f"update {base} as base set {nulls}{key}, row_outcome = '{ERASED}', problem_column = null,"
        f" problem_reason = '{ERASED}', warning_columns = null, row_json = null where {is_there} and {left_out}"
    )
    for name in sorted({name for there in found.values() for name in there.cells}):
        _places(con, {file: there.cells.get(name, set()) for file, there in found.items()})
        con.execute(f"update {base} as base set {name} = null where {is_there}")
        _show_again(con, source)
    if not source.stands_without_person:
        _stage_other_copies(con, source)
    con.execute("drop table erased_places")
    con.execute("drop table freed_keys")


def _show_again(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """What quarantine shows of the rows at `erased_places` is what landing holds of them by now."""
    base, is_there = f"staging.base_{source.name}", f"{_is_at('erased_places')} and base.row_json is not null"
    files = con.execute(f"select distinct base._file_id from {base} as base where {is_there}").fetchall()
    if not files:
        return
    # File ids are written out: only literals keep DuckDB from opening the Parquet of other days.
    listed = ", ".join(literal(file_id) for (file_id,) in files)
    shown = ", ".join(f"'{name}', landed.{name}" for name in source.column_names)
    con.execute(
        f"update {base} as base set row_json = (select cast(json_object({shown}) as varchar)"
        f" from landing.{source.name} as landed where landed._file_id in ({listed})"
        f" and landed._file_id = base._file_id and landed._line_no = base._line_no) where {is_there}"
    )


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


def _stage_other_copies(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Stage, of each key in `freed_keys`, what macros/staging/typed_rows.sql would stage of the rows that are left: the
    first copy of an event, the newest version of anything else.
    """
    base, same = f"staging.base_{source.name}", " and ".join(f"freed.{name} = base.{name}" for name in source.key)
    waiting, place = "superseded", "base._file_no desc, base._line_no desc"
    if source.mode == "event":
        waiting, place = "duplicate", "base._file_no, base._line_no"
    elif source.version:
        place = f"base.{source.version} desc nulls last, {place}"
    con.execute(
        "create or replace temp table staged_instead as select _file_id, _line_no from (select base._file_id,"
        f" base._line_no, row_number() over (partition by {', '.join(source.key)} order by {place}) as place"
        f" from {base} as base where base.row_outcome = '{waiting}'"
        f" and exists (select 1 from freed_keys as freed where {same})) where place = 1"
    )
    con.execute(f"update {base} as base set row_outcome = 'staged' where {_is_at('staged_instead')}")
    _note_for_identity(con, source, "staged_instead")
    con.execute("drop table staged_instead")


def _note_for_identity(con: duckdb.DuckDBPyConnection, source: Source, places: str) -> None:
    """Note the files of `places`, and the identifiers in their rows: what identity holds of these it reads again."""
    columns = [column.name for column in source.columns if kinds_of(column)]
    if not columns:
        return
    con.execute(f"insert into run.corrected_files select distinct _file_id from {places}")
    listed = ", ".join(f"base.{name}" for name in columns)
    con.execute(
        f"insert into pii.corrected_values select distinct unnest([{listed}]) as value"
        f" from staging.base_{source.name} as base where {_is_at(places)}"
    )
    con.execute("delete from pii.corrected_values where value is null")


def _is_at(places: str) -> str:
    """A condition on `base`: its row is at one of `places`."""
    same = "place._file_id = base._file_id and place._line_no = base._line_no"
    return f"exists (select 1 from {places} as place where {same})"


def _places(con: duckdb.DuckDBPyConnection, lines: dict[Landed, set[int]]) -> None:
    places = [(file.file_id, line_no) for file, numbers in lines.items() for line_no in sorted(numbers)]
    table = pa.table(
        [[file_id for file_id, _ in places], [line_no for _, line_no in places]],
        schema=pa.schema([("_file_id", pa.string()), ("_line_no", pa.int64())]),
    )
    con.register("found_places", table)
    con.execute("create or replace temp table erased_places as select * from found_places")
    con.unregister("found_places")
