"""After an erased person's rows are deleted at every receiver: take away what still names the person under the home.

That is the keys in the feeds' ledger, which become salted hashes, and the lines in the files of folder destinations.
Deletes files must name whom they delete: they keep the line for as many days as published days are kept, for receivers
that read late.
"""

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.activation.feeds.accepted import ledger_rows
from dagster_project.activation.feeds.declaration import Column, Feed
from dagster_project.activation.feeds.destinations import MANIFEST
from dagster_project.activation.feeds.erasure import erased, forgotten, record_forgotten
from dagster_project.activation.feeds.files import write_lines
from dagster_project.activation.feeds.ledger import SYNC_ID, FeedLedger, feed_ids, utc_now, write_json
from dagster_project.activation.feeds.lines import header, line
from dagster_project.activation.feeds.recipients import hashed
from dagster_project.files import copy_rows, replace
from dagster_project.home import Home
from dagster_project.settings import effective_settings
from dagster_project.sql import literal


def forget_erased(home: Home) -> None:
    """Forget every erased person whom no receiver holds any more. Idempotent; what cannot be yet is tried next time."""
    asked = erased(home) - forgotten(home)
    if not asked:
        return
    left: set[str] = set()
    for feed_id in feed_ids(home):
        with duckdb.connect() as con:
            left |= _forget(con, home, feed_id, asked)
    record_forgotten(home, asked - left)


def _forget(con: duckdb.DuckDBPyConnection, home: Home, feed_id: str, asked: set[str]) -> set[str]:
    """Forget `asked` in one feed; returns those of whom something is left."""
    ledger = FeedLedger(home, feed_id)
    receivers = ledger.receivers()
    files = [*sorted(ledger.folder.glob("*.parquet")), *sorted(ledger.folder.glob("accepted/**/*.parquet"))]
    held = " union ".join(f"select key from ({ledger.may_hold(identity)})" for identity in receivers)
    if not files or not held:
        return set()
    con.execute("create table asked as select unnest(?::varchar[]) as customer_id", [sorted(asked)])
    con.execute(f"create table held as {held}")
    is_hashed = any(feed.is_personal for feed in receivers.values())
    row_key = "coalesce(row_key, key)" if is_hashed else f"coalesce(row_key, {hashed(home.salt(), 'key')})"
    # is_fresh: the ledger still has the key itself, so that files may name it too.
    con.execute(
        f"create table named as select distinct customer_id, key, {row_key} as row_key, sync_id, op,"
        f" row_key is null as is_fresh from ({ledger_rows(files)})"
        " where customer_id in (select customer_id from asked) and key is not null"
    )
    left = {
        row[0] for row in con.execute("select customer_id from named semi join held on held.key = named.key").fetchall()
    }
    con.execute("delete from named where key in (select key from held)")
    for feed in receivers.values():
        if feed.destination["type"] == "folder":
            for folder in sorted((home.feeds / feed.destination["path"] / feed_id).glob("*")):
                left |= _forget_in_folder(con, home, feed, folder)
    if con.execute("select count(*) from named where is_fresh").fetchall() != [(0,)]:
        for path in files:
            _forget_in_ledger(con, path, row_key)
    return left


def _forget_in_ledger(con: duckdb.DuckDBPyConnection, path: Path, row_key: str) -> None:
    """Put the hash where the key stood; the fold of the files stays what it was."""
    rows = f"select *, {row_key} as hashed_key from ({ledger_rows([path])})"
    is_named = "row_key is null and hashed_key in (select row_key from named)"
    if con.execute(f"select count(*) from ({rows}) where {is_named}").fetchall() == [(0,)]:
        return
    copy_rows(
        con,
        "select * exclude (hashed_key) replace ("
        f"case when {is_named} then hashed_key else key end as key,"
        f" case when {is_named} then 'forgotten' else row_hash end as row_hash,"
        f" case when {is_named} then null else quick end as quick,"
        f" case when {is_named} then hashed_key else row_key end as row_key) from ({rows})",
        path,
    )


def _forget_in_folder(con: duckdb.DuckDBPyConnection, home: Home, feed: Feed, folder: Path) -> set[str]:
    """Take lines about forgotten persons out of one delivered sync; returns of whom a deletion still has to stay."""
    path = folder / MANIFEST
    if not path.is_file():
        return set()
    manifest: dict[str, Any] = json.loads(path.read_text())
    stays_until = datetime.strptime(folder.name, SYNC_ID) + timedelta(days=int(effective_settings()["keep_days"]))
    left: set[str] = set()
    changed = False
    of_this_sync = f"sync_id = {literal(folder.name)}"
    for file in manifest["files"]:
        is_deletes = file["name"].startswith("deletes")
        # A full sync holds rows of which the ledger has no line in it.
        where = f"op = 'removed' and {of_this_sync}" if is_deletes else "is_fresh"
        if not is_deletes and manifest["mode"] != "full":
            where += f" and {of_this_sync}"
        if con.execute(f"select count(*) from named where {where}").fetchall() == [(0,)]:
            continue
        names = [manifest["key"]] if is_deletes else [column["name"] for column in manifest["columns"]]
        rows = _read(folder / file["name"], names, feed.format == "csv")
        key = hashed(home.salt(), f'row."{manifest["key"]}"')
        whose = f"select named.customer_id from ({rows}) as row inner join named on named.row_key = {key}"
        found = {row[0] for row in con.execute(whose).fetchall()}
        if found and is_deletes and utc_now() < stays_until:
            left |= found
        elif found or (folder / file["name"]).stat().st_size != file["bytes"]:  # a crash came before the manifest
            file.update(_without(con, home, folder, file["name"], rows, names, manifest))
            changed = True
    if changed:
        write_json(path, manifest)
    return left


def _read(path: Path, names: list[str], is_csv: bool) -> str:
    """SQL of a delivered file: its columns as text, or its lines as `line` with the columns in them."""
    if is_csv:
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
        return (
            f"select * from read_csv({literal(path)}, header = true, auto_detect = false, delim = ',', quote = '\"',"
            f" escape = '\"', new_line = '\\n', columns = {{{columns}}})"
        )
    fields = ", ".join(f'json_extract_string(line, {literal("$." + name)}) as "{name}"' for name in names)
    return (
        f"select line, {fields} from (select unnest(string_split(rtrim(content, chr(10)), chr(10))) as line"
        f" from read_text({literal(path)}))"
    )


def _without(
    con: duckdb.DuckDBPyConnection, home: Home, folder: Path, name: str, rows: str, names: list[str], manifest: dict
) -> dict[str, Any]:
    """Write a file anew without the named rows; returns its new entry of the manifest. Its place among rows stays."""
    is_csv = name.endswith(".csv")
    row_key = hashed(home.salt(), f'"{manifest["key"]}"')
    columns = ", ".join(f'"{one}" as t{n}' for n, one in enumerate(names))
    kept = f"select *, {columns} from ({rows}) where {row_key} not in (select row_key from named)"
    content = line([Column(name=one) for one in names], True) if is_csv else "line"
    aside = home.scratch / "forgetting"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    suffix = name.rsplit(".", 1)[1]
    [written] = write_lines(
        con, f"select {content} as line from ({kept})", aside, "kept", suffix, header(names, is_csv), max_bytes=2**62
    )
    replace(aside / written.name, folder / name)
    return written.model_dump() | {"name": name}
