"""A small published file in memory, from a generated graph or from words, decided by the resolver itself."""

import duckdb
from graphs import Graph, run

from dagster_project.identity.hashing import identifier_hash, identifier_key

SALT = "salt"
KIND_NAMES = ("member_id", "card_no", "line_user_id", "email", "phone", "visitor_id")


def hash_of(text):
    """The hash of `kind:value`."""
    kind, _, value = text.partition(":")
    return identifier_hash(SALT, kind, value)


def key_of(text):
    """The key of `kind:value`."""
    return identifier_key(hash_of(text))


def node(text):
    """(kind, hash) of `kind:value`."""
    return text.partition(":")[0], hash_of(text)


def graph_of(*lines, first=("member_id",)):
    """A graph of lines `left right [rows]`; kinds in `first` came in the first landing."""
    edges = [line.split() for line in lines]
    names = sorted({name for left, right, *_ in edges for name in (left, right)})
    identifiers = {
        key_of(name): {
            "kind": KIND_NAMES.index(name.partition(":")[0]),
            "landing_no": 1 if name.partition(":")[0] in first else 2,
            "first_seen": 0,
            "blocklisted": name.partition(":")[2].startswith("test@"),
        }
        for name in names
    }
    rows = [
        {"left": key_of(left), "right": key_of(right), "observations": int(count[0]) if count else 1, "landing_no": 1}
        for left, right, *count in edges
    ]
    return Graph(identifiers, rows)


def hashes(identifiers):
    """Key -> a hash whose key it is."""
    return {key: f"{key:015x}".ljust(32, "0") for key in identifiers}


def publish(graph, names=None):
    """A connection in which schema marts holds what the pipeline would have published of a graph.

    `names`: key -> hash, default `hashes`.
    """
    identifiers = graph.identifiers
    names = names or hashes(identifiers)
    anchors, reasons = run(graph)
    customers = {key: customer_of(names, anchor) for key, anchor in anchors.items()}
    con = duckdb.connect()
    con.execute("create schema marts")
    con.execute(
        "create table marts.identity_nodes (identifier_key bigint, identifier_kind varchar, identifier_hash varchar,"
        " customer_id varchar, blocked_reason varchar, is_blocklisted boolean, first_landing_no bigint,"
        " first_landing_seen_ms bigint)"
    )
    con.execute(
        "create table marts.identity_edges (left_kind varchar, left_hash varchar, right_kind varchar,"
        " right_hash varchar, rule varchar, source varchar, first_seen_at timestamp, observations bigint,"
        " status varchar, reason varchar, left_key bigint, right_key bigint, landing_no bigint,"
        " first_file_id varchar, first_line_no bigint, match_weight double)"
    )
    con.execute("create table marts.customer_aliases (alias_id varchar, customer_id varchar, since date, why varchar)")
    nodes = [
        (key, KIND_NAMES[row["kind"]], names[key], customers[key], reasons[key] or None, row["blocklisted"],
         row["landing_no"], row["first_seen"])
        for key, row in identifiers.items()
    ]  # fmt: skip
    con.executemany(f"insert into marts.identity_nodes values ({', '.join('?' * 8)})", nodes)
    rows = [
        *(
            (edge["left"], edge["right"], "order", edge["observations"], edge["landing_no"], None)
            for edge in graph.edges
        ),
        *((left, right, "override", 1, 0, None) for left, right in graph.always),
        *((left, right, "probabilistic", 1, 0, weight) for left, right, weight in graph.likely),
    ]
    if rows:
        con.executemany(
            f"insert into marts.identity_edges values ({', '.join('?' * 16)})",
            [
                (
                    KIND_NAMES[identifiers[left]["kind"]], names[left], KIND_NAMES[identifiers[right]["kind"]],
                    names[right], rule, "ec_orders", "2024-01-01", count,
                    *_judged(reasons, customers, left, right, (left, right) in set(graph.never)), left, right,
                    landing_no, "f1", 7, weight,
                )
                for left, right, rule, count, landing_no, weight in rows
            ],
        )  # fmt: skip
    con.execute(
        "create table marts.identity_conflicts (left_key bigint, right_key bigint, left_kind varchar,"
        " left_hash varchar, right_kind varchar, right_hash varchar, points bigint, reasons varchar)"
    )
    for left, right in graph.conflicts:
        con.execute("insert into marts.identity_conflicts (left_key, right_key) values (?, ?)", [left, right])
    con.execute(
        "insert into marts.customer_aliases select distinct customer_id, customer_id, date '2024-01-01', 'current'"
        " from marts.identity_nodes where customer_id is not null"
    )
    return con


def customer_of(names, anchor):
    """The customer id that an anchor gives."""
    return None if anchor is None else "c" + identifier_hash(SALT, "customer", names[anchor])[:24]


def _judged(reasons, customers, left, right, is_forbidden):
    """Status and reason of an edge, as the model identity_edges says them."""
    if is_forbidden:
        return "blocked", "never_link"
    if reason := reasons[left] or reasons[right]:
        return "blocked", reason
    return ("used", None) if customers[left] == customers[right] else ("blocked", "two_persons")
