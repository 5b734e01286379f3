"""Erasure in what others read: published days and lists. The run itself builds marts.duckdb anew; feeds send deletions.

A published day keeps its figures, which name nobody; what it loses are the rows of erased persons. Their orders stay,
as rows of nobody: sales were made, whoever bought.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from dagster_project.activation import feeds
from dagster_project.files import copy_rows, write_atomically
from dagster_project.home import Home
from dagster_project.landing.views import no_glob
from dagster_project.privacy import record
from dagster_project.privacy.record import Erasure
from dagster_project.publish import changes
from dagster_project.sql import literal

# Marts whose rows of orders stay, and the condition that tells them.
ORDERS = {
    "orders": "true",
    "order_items": "true",
    "touchpoints": "source in ('ec_orders', 'ec_order_items', 'pos_receipts', 'pos_receipt_items')",
}


def erase_published(home: Home) -> None:
    """Clean published days, lists and feeds of the persons erased since the last publication.

    Feeds are asked each time: a deletion may have been accepted only now.
    """
    for erasure in record.unfinished(home, "published", after="warehouse"):
        changes.forget_spare(home)
        with duckdb.connect() as con:
            con.execute(
                "create table erased as select unnest(cast(? as varchar[])) as id", [list(erasure.customer_ids)]
            )
            con.execute("create table keys as select unnest(cast(? as varchar[])) as hash", [_hashes(home, erasure)])
            rows = {
                f"{file.parent.name}/{file.name}": count
                for file in sorted(home.marts.glob("*/*.parquet"))
                if (count := _clean_mart(con, file))
            }
        lists = {
            f"{file.parent.name}/{file.name}": count
            for file in sorted(home.targets.glob("*/*.jsonl"))
            if (count := _clean_list(file, erasure.customer_ids))
        }
        record.write(home, replace(erasure, published_rows=rows | lists).with_step("published"))
        record.hashes_file(home, erasure.erasure_id).unlink(missing_ok=True)
    feeds.forget_erased(home)


def _clean_mart(con: duckdb.DuckDBPyConnection, file: Path) -> int:
    """Take the rows of erased persons out of one Parquet file; returns how many there were."""
    mart = file.stem
    con.execute(f"create or replace view rows_then as select * from read_parquet({literal(no_glob(str(file)))})")
    types = {name: kind for name, kind, *_ in con.execute("describe rows_then").fetchall()}
    if mart == "customer_aliases":  # says of every id ever published what became of it
        is_his = "alias_id in (select id from erased) and why is distinct from 'erased'"
        written = f"select * replace (case when {is_his} then null else customer_id end as customer_id,"
        written += f" case when {is_his} then 'erased' else why end as why) from rows_then"
    else:
        tests = [f"coalesce({name} in (select id from erased), false)" for name in ("customer_id",) if name in types]
        tests += [
            f"coalesce({name} in (select hash from keys), false)"
            for name, kind in types.items()
            if kind == "VARCHAR" and (name.endswith("_hash") or name == "row_key")
        ]
        if not tests:
            return 0
        is_his = " or ".join(tests)
        if mart == "suppressions":
            is_his = f"({is_his}) and reason <> 'erased'"
        if mart in ORDERS:
            nulled = [name for name in ("customer_id", "coupon_code") if name in types]
            replaced = ", ".join(f"case when {is_his} then null else {name} end as {name}" for name in nulled)
            written = f"select * replace ({replaced}) from rows_then where not ({is_his}) or {ORDERS[mart]}"
        else:
            written = f"select * from rows_then where not ({is_his})"
    [(count,)] = con.execute(f"select count(*) from rows_then where {is_his}").fetchall()
    if count:
        copy_rows(con, written, file)
    return int(count)


def _hashes(home: Home, erasure: Erasure) -> list[str]:
    """The public hashes of the identifiers that belonged to the persons, as the run wrote them before it erased."""
    file = record.hashes_file(home, erasure.erasure_id)
    return json.loads(file.read_text()) if file.exists() else []


def _clean_list(file: Path, customer_ids: Sequence[str]) -> int:
    gone = set(customer_ids)
    with file.open("rb") as handle:
        lines = handle.readlines()
    kept = [line for line in lines if json.loads(line).get("customer_id") not in gone]
    if len(kept) < len(lines):
        write_atomically(file, b"".join(kept))
    return len(lines) - len(kept)
