"""The yardstick: a hand-written DuckDB script that computes the marts from the landed Parquet alone.

It reads nothing of the pipeline but landing, the salt, and the short list of identifiers that the identity walk
blocked; its SQL follows the contract, and where that is silent the marts' documentation. One fresh in-process
DuckDB, a file database, two threads.
"""

import json
import sys
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

SQL = Path(__file__).parent / "yardstick"
THREADS = 2


@dataclass(frozen=True)
class Walked:
    """What the yardstick takes from identity: the salt, and identifiers (kind, hash, reason) of nobody."""

    salt: str
    blocked: pa.Table


def walked(home: Path) -> Walked:
    """What identity blocked in the last run of `home`."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        [(salt,)] = con.execute("select salt from run.context").fetchall()
        blocked = con.sql(
            "select identifier_kind as kind, identifier_hash as hash, blocked_reason as reason"
            " from identity.identity_map where customer_id is null"
        ).to_arrow_table()
    return Walked(salt, blocked)


def run(landing: Path, as_of: date, given: Walked, database: Path) -> dict[str, float]:
    """Compute every mart of `as_of` into schema `main` of `database` (made anew); returns part -> seconds."""
    database.unlink(missing_ok=True)
    seconds = {}
    opened = time.monotonic()
    with duckdb.connect(str(database), config={"threads": THREADS}) as con:
        con.execute("set variable landing = $1", [str(landing)])
        con.execute("set variable salt = $1", [given.salt])
        con.execute("set variable as_of = cast($1 as date)", [as_of])
        until = datetime(as_of.year, as_of.month, as_of.day) + timedelta(days=1, hours=-9)
        con.execute("set variable until = cast($1 as timestamp)", [until])
        con.register("blocked_given", given.blocked)
        con.execute("create table blocked_identifiers as select * from blocked_given")
        for script in sorted(SQL.glob("*.sql")):
            started = time.monotonic()
            con.execute(script.read_text(encoding="utf-8"))
            if script.stem == "2_identity":
                _components(con)
            seconds[script.stem[2:]] = time.monotonic() - started
    seconds["opening and closing"] = time.monotonic() - opened - sum(seconds.values())
    return seconds


def _components(con: duckdb.DuckDBPyConnection) -> None:
    """Table `components` (id, person): connected components of the identifiers that are not blocked."""
    con.execute(
        "create temp table free as select id from identifiers"
        " where (kind, hash) not in (select (kind, hash) from blocked_identifiers)"
    )
    edges = con.execute(
        "select distinct left_id, right_id from edges semi join free as a on left_id = a.id"
        " semi join free as b on right_id = b.id"
    ).fetchnumpy()
    [(size,)] = con.execute("select count(*) from identifiers").fetchall()
    left, right = edges["left_id"], edges["right_id"]
    graph = coo_matrix((np.ones(len(left), np.int8), (left, right)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1]
    con.register("labels", pa.table({"id": pa.array(np.arange(size)), "person": pa.array(labels)}))
    con.execute("create table components as select labels.* from labels semi join free using (id)")
    con.unregister("labels")


def main() -> None:
    """`python -m tests.bench.yardstick HOME DAY DATABASE`: seconds per part as JSON on stdout."""
    home, day, database = Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), Path(sys.argv[3])
    print(json.dumps(run(home / "landing", day, walked(home), database)))


if __name__ == "__main__":
    main()
