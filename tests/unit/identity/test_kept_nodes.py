"""Who is who, nodes and links that are kept, and what is published of them, are those of tables built whole."""

import random
from pathlib import Path

import pytest
from models import Crash, Models

from dagster_project.publish import changes
from dagster_project.publish.catalog import MARTS, rows_of, selection

# Identifier n is of person n % 100, whose anchor is the lower; 7, 8 and 187 are nobody's. Persons 5 and 6 are first
# seen on the second and third day, 45 on the first, by his other identifier.
BEFORE = """
    create table identifiers as
    select n as identifier_key, case when n < 100 then 'member_id' else 'email' end as identifier_kind,
        'h' || n as identifier_hash, n >= 100 as is_weak, 1 as strength, n = 8 as is_blocklisted,
        1 as first_landing_no, n * 1000 as first_landing_seen_ms,
        timestamp '2026-05-01' + interval 1 day * case
            when n % 100 = 5 then 1.5 when n % 100 = 6 then 2.5 when n = 45 then 30 else 0
        end as first_seen_at,
        timestamp '2026-05-01' as last_seen_at, ['members'] as sources
    from range(200) as numbers (n);
    create table decided as
    select n as identifier_key, case when n not in (7, 8, 187) then n % 100 end as anchor_key,
        case when n = 8 then 'blocklisted' when n in (7, 187) then 'shared_value' end as blocked_reason
    from range(200) as numbers (n);
    create table int_identity__paired (identifier_key bigint, anchor_key bigint, blocked_reason varchar);
    insert into int_identity__paired values (16, 15, null), (116, null, 'conflicting_records');
    create table int_identity__edges as
    select n as left_key, 100 + (n + far) % 100 as right_key, 'order' as rule, 'ec_orders' as source, 1 as landing_no,
        timestamp '2026-05-01' as first_seen_at, 3 as observations, 'f1' as first_file_id, n as first_line_no
    from range(100) as numbers (n) cross join (values (0), (1)) as ends (far);
    create table int_identity__likely_pairs (left_key bigint, right_key bigint, match_weight double, status varchar);
    insert into int_identity__likely_pairs values (20, 21, 9.5, 'used'), (26, 27, 9.5, 'used'), (22, 23, 8.5, 'review');
    create table int_identity__overrides (left_key bigint, right_key bigint, action varchar);
    insert into int_identity__overrides values (8, 109, 'never_link'), (30, 130, 'never_link');
    insert into run.context values (date '2026-05-01', timestamp '2026-05-02', 'salt', false);
"""


def identifier(key: int, change: str) -> str:
    return f"update identifiers set {change} where identifier_key = {key};"


def person(key: int, anchor: str, reason: str = "null") -> str:
    return f"update decided set anchor_key = {anchor}, blocked_reason = {reason} where identifier_key = {key};"


def edge(left: int, right: int, rule: str) -> str:
    return f"insert into int_identity__edges select {left}, {right}, '{rule}', 'x', 0, null, 1, null, null;"


def gone(key: int) -> str:
    tables = ("identifiers", "decided")
    return "".join(f"delete from {table} where identifier_key = {key};" for table in tables) + (
        f"delete from int_identity__edges where right_key = {key};"
    )


def likely(key: int, change: str) -> str:
    return f"update int_identity__likely_pairs set {change} where left_key = {key};"


NEW = (
    "insert into identifiers select * replace (999 as identifier_key, 'h999' as identifier_hash) from identifiers"
    f" limit 1; insert into decided values (999, 3, null); {edge(3, 999, 'order')}"
)
NEXT_DAY = "update run.context set as_of = as_of + 1, as_of_end_at = as_of_end_at + interval 1 day"
# What is news, the identifiers that it touches by their tuples (None: all), and how many nodes and links it makes anew.
NEWS: dict[str, tuple[str, list[int] | None, tuple[int, int]]] = {
    "nothing": ("select 1", [], (0, 0)),
    "one is seen again": (identifier(110, "last_seen_at = '2026-05-09', sources = ['orders']"), [110], (1, 2)),
    "one is new": (NEW, [3, 999], (2, 3)),
    "one is gone": (gone(140), [140], (0, 0)),
    "two are one": (person(11, "10") + person(111, "10"), [], (2, 3)),
    "one is two": (person(112, "112"), [], (1, 2)),
    "one is blocked": (person(113, "null", "'shared_value'"), [], (1, 2)),
    "one is free": (person(187, "87"), [], (1, 2)),
    "one is blocked for another reason": (person(7, "null", "'shared_device'"), [], (1, 2)),
    "one comes on the blocklist": (identifier(70, "is_blocklisted = true"), [70], (1, 2)),
    "one leaves the blocklist": (identifier(8, "is_blocklisted = false") + person(8, "8"), [8], (1, 2)),
    "two must not be linked": ("insert into int_identity__overrides values (31, 131, 'never_link')", [], (0, 1)),
    "two may be linked again": ("delete from int_identity__overrides where left_key = 30", [], (0, 1)),
    "two are tied": (edge(40, 50, "override"), [], (0, 1)),
    "two are likely one": ("insert into int_identity__likely_pairs values (24, 25, 7.5, 'used')", [], (0, 1)),
    "two are likelier one": (likely(20, "match_weight = 11"), [], (0, 1)),
    "two are not likely one": (likely(26, "status = 'review'"), [], (0, 0)),
    "two contradict each other": (
        "insert into int_identity__paired values (118, null, 'conflicting_records')", [], (1, 2)),
    "two agree by now": ("delete from int_identity__paired where identifier_key < 117", [], (2, 3)),
    "more rows show a link": (
        "update int_identity__edges set observations = 4 where left_key = 60 and right_key = 160", [60, 160], (2, 3)),
    "a day comes": (NEXT_DAY, [], (0, 0)),
    "who waits is one with somebody known": (person(84, "6") + person(184, "6"), [], (4, 6)),
    "who was seen was somebody else": (person(145, "145"), [], (2, 3)),
    "another is the first of a person": (
        "update identifiers set is_weak = not is_weak where identifier_key in (46, 146);" + person(46, "146")
        + person(146, "146"), [46, 146], (2, 3)),
    "one is seen earlier": (identifier(147, "first_seen_at = '2026-04-01'"), [147], (2, 3)),
    "who is who is decided whole": ("drop table int_identity__clusters; update decided set anchor_key = 48"
        " where identifier_key = 149", [], (1, 2)),
    "all is read anew": ("update identifiers set first_landing_no = 2", None, (200, 202)),
}  # fmt: skip
MARTS_KEPT = ("customer_identifiers", "identity_nodes", "identity_edges")
DECIDED = ("int_identity__clusters", "int_identity__assignments", "persons", "identity_map")
MODELS = (*DECIDED, "int_identity__links")
OF_IDENTITY = ("paired", "edges", "likely_pairs", "overrides")
GIVEN = ("identifiers", "decided", "run.context", *(f"int_identity__{name}" for name in OF_IDENTITY))
WRITTEN = ("identity_map", "int_identity__links")
BY_BATCH = ("persons", *WRITTEN)
COLUMNS = (
    "*, null::bigint as component, null::bigint as near, null::bigint as core_key, null::boolean as is_record,"
    " null::smallint as claims"
)
# What the resolver would decide anew: of what was touched, and around it.
ANEW = f"""
    create or replace table int_identity__clusters_anew as select {COLUMNS} from decided
    where (select bool_or(identifier_key is null) from run.touched_identifiers)
        or identifier_key in (from run.touched_identifiers)
        or (identifier_key, coalesce(anchor_key, -1), coalesce(blocked_reason, '')) not in (
            select identifier_key, coalesce(anchor_key, -1), coalesce(blocked_reason, '') from int_identity__clusters
        )
"""
ALL = "select * exclude (_batch) from {}"


class Days:
    """A warehouse that is kept, and what is published of it."""

    def __init__(self, folder: Path) -> None:
        self.kept, self.whole, self.random = Models(), Models(), random.Random(1)
        con = self.kept.con
        con.execute(f"attach '{folder / 'marts.duckdb'}' as publication")
        con.execute("create schema publication.marts; create schema identity")
        for made in (self.kept, self.whole):
            made.con.execute(BEFORE)
            made.con.execute(f"create table int_identity__clusters_anew as select {COLUMNS} from decided")
            for model in (*MODELS, *MARTS_KEPT):
                made.build(model)
        for table in ("persons", *WRITTEN, *MARTS_KEPT):
            con.execute(f"create view identity.{table} as select * from main.{table}")
        self.published_by_batch = self.publish()

    def build(self, crashes_at: str | None = None) -> None:
        con = self.kept.con
        if con.execute("from duckdb_tables() where table_name = 'int_identity__clusters'").fetchall():
            con.execute(ANEW)
        else:
            con.execute(f"create or replace table int_identity__clusters_anew as select {COLUMNS} from decided")
        for model in MODELS:
            self.kept.build(model, crashes=model == crashes_at)

    def pass_with(self, *news: str) -> None:
        """A day on which something is news, of which a first attempt dies between two models, or within one."""
        for each in news:
            sql, touched, _ = NEWS[each]
            self.kept.con.execute(sql)
            keys = [None] if touched is None else touched
            self.kept.con.execute("insert into run.touched_identifiers select unnest(?::bigint[])", [keys])
        for model in self.random.sample(MODELS, 2):
            with pytest.raises(Crash):
                self.build(crashes_at=model)
        self.build()
        self.published_by_batch = self.publish()

    def publish(self) -> list[str]:
        """Returns the marts that were not written anew."""
        con, by_batch = self.kept.con, []
        for mart in MARTS_KEPT:
            if changes.bring_up_to_date(con, mart):
                by_batch.append(mart)
            else:
                con.execute(f"create or replace table publication.marts.{mart} as {selection(mart)}")
        changes.note(con)
        return by_batch

    def batches(self, table: str) -> list[str]:
        """The builds whose rows it holds."""
        return [batch for (batch,) in self.kept.rows(f"select distinct _batch from {table}")]

    def rows_of_others(self, table: str, batches: list[str]) -> int:
        counted = f"select count(*) from {table} where not list_contains(?, _batch)"
        return self.kept.con.execute(counted, [batches]).fetchall()[0][0]

    def check(self) -> None:
        """Raises AssertionError where anything differs from what is built whole."""
        whole = self.whole
        for model in MODELS:
            whole.con.execute(f"drop table {model}")
        for table in GIVEN:
            rows = self.kept.con.sql(f"from {table}").to_arrow_table()
            whole.con.execute(f"create or replace table {table} as from rows")
            del rows
        whole.con.execute(f"create or replace table int_identity__clusters_anew as select {COLUMNS} from decided")
        for model in MODELS:
            whole.build(model)
        for table in MODELS:
            rows = ALL if table in BY_BATCH else "from {}"
            assert self.kept.rows(rows.format(table)) == whole.rows(rows.format(table)), table
        for mart in MARTS_KEPT:
            assert self.kept.rows(f"from publication.marts.{mart}") == self.kept.rows(rows_of(mart)), mart
        notes = ("touched_identifiers", "decided_identifiers", "changed_assignments", "changed_nodes")
        assert [note for note in notes if self.kept.rows(f"from run.{note}")] == []


@pytest.fixture
def days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Days:
    monkeypatch.setattr(changes, "BY_BATCH", {mart: changes.BY_BATCH[mart] for mart in MARTS_KEPT})
    return Days(tmp_path)


def test_each_day_costs_what_is_news(days: Days) -> None:
    for news, (_, _, written) in NEWS.items():
        batches = {table: days.batches(table) for table in WRITTEN}
        days.pass_with(news)
        days.check()
        found = tuple(days.rows_of_others(table, known) for table, known in batches.items())
        assert found == written, news
        assert days.published_by_batch == ([] if news == "all is read anew" else list(MARTS_KEPT)), news


@pytest.mark.parametrize("seed", range(2))
def test_day_after_day_the_same(days: Days, seed: int) -> None:
    news = list(NEWS)
    random.Random(seed).shuffle(news)
    while news:
        days.pass_with(*(news.pop() for _ in range(min(3, len(news)))), "a day comes")
        days.check()


def test_what_no_daily_run_has_taken_up_yet_is_not_forgotten(days: Days) -> None:
    sql, touched, _ = NEWS["one is seen again"]
    days.kept.con.execute(sql)
    days.kept.con.execute("insert into run.touched_identifiers select unnest(?)", [touched])
    with pytest.raises(Crash):
        days.build(crashes_at="int_identity__links")
    days.pass_with("two are one")
    days.check()


def test_the_marts_show_what_is_kept() -> None:
    assert {MARTS[mart][0] for mart in MARTS_KEPT} == {f"identity.{mart}" for mart in MARTS_KEPT}
