"""Acts after an erasure, row by row, are those of a warehouse built whole from the landing that it has overwritten."""

import random
from datetime import datetime, timedelta

import pytest

from dagster_project.landing.contract import Source, sources
from dagster_project.landing.manifest import Landed
from dagster_project.privacy.carried import Carried
from dagster_project.privacy.warehouse_rows import ACTS, correct_source
from tests.unit.core.models import Crash, Models

# Identifiers of a row, which may differ between copies of one act.
IDENTIFIERS = ("member_id", "email", "line_user_id", "visitor_id", "address")
SCHEMAS = """
    create schema landing; create schema staged; create schema normalised; create schema staging; create schema pii;
    create table pii.corrected_values (value varchar);
    set schema = 'staging';
    create table run.files (file_id varchar, file_no integer, source varchar);
    create table staged.fingerprints (source varchar, generation bigint);
    create table normalised.normalised_values (kind varchar, raw varchar, value varchar, problem varchar);
    create table product_code_map (surface varchar, code varchar, product_id varchar);
    create table stg_products (product_id varchar, brand_id varchar, category varchar);
    create table int_core__contents (
        content_id varchar, brand_id varchar, campaign_id varchar, information_kind varchar, score_category varchar
    );
    create table stg_stores (store_id varchar, brand_id varchar); create table stg_campaigns (campaign_id varchar);
    create table int_core__reviews (
        source_key varchar, party_key bigint, occurred_at timestamp, product_id varchar, _state varchar
    );
    create table int_core__store_visits (
        source_key varchar, party_key bigint, occurred_at timestamp, action varchar, store_id varchar, _state varchar
    );
    create table int_core__orders (source varchar, source_key varchar, order_id varchar, party_key bigint,
        ordered_at timestamp, channel varchar, is_return boolean, store_id varchar, campaign_id varchar,
        first_line_no bigint, net_amount decimal(18, 2), is_counted boolean, is_trial boolean);
    create table int_core__order_lines (source varchar, source_key varchar, order_id varchar, line_no bigint,
        product_id varchar, quantity bigint, amount decimal(18, 2));
    create table int_core__shared_device_events (party_key bigint, occurred_at timestamp, customer_id varchar);
    create table party_customers (party_key bigint, customer_id varchar, shared_party_key bigint);
    insert into run.context values (date '2026-05-01', timestamp '2026-05-01 15:00:00', 'pepper', false)
"""
FACTS = {
    name: f"select * from int_core__{name}" for name in ACTS
} | {"touchpoints": "select * exclude (_batch) from int_core__touchpoints"}  # fmt: skip


def _file(source: str, number: int) -> Landed:
    return Landed(source, f"f{number}", f"{number}.csv", "csv", "", 0, 0, 0, (), number, 1, "")


class Shop:
    """A warehouse in memory up to touchpoints, and files of acts that land in it."""

    def __init__(self) -> None:
        self.models, self.files = Models(), dict[str, Landed]()
        self.con = self.models.con
        self.con.execute(SCHEMAS)
        for name in ACTS:
            columns = ", ".join(f"{column} varchar" for column in sources()[name].column_names)
            self.con.execute(
                f"create table landing.{name} ({columns}, _file_id varchar, _line_no bigint, _file_no integer,"
                " _landing_no integer, _raw_line varchar, _problem varchar)"
            )
            self.con.execute("insert into staged.fingerprints values (?, 1)", [name])

    def land(self, source: Source, rows: list[dict[str, str]]) -> None:
        """One file of a source."""
        number = len(self.files) + 1
        file = _file(source.name, number)
        self.files[file.file_id] = file
        self.con.execute("insert into run.files values (?, ?, ?)", [file.file_id, number, source.name])
        for line_no, row in enumerate(rows, start=2):
            given = row | {"_file_id": file.file_id, "_line_no": line_no, "_file_no": number, "_landing_no": 1}
            self.con.execute(
                f"insert into landing.{source.name} ({', '.join(given)}) values ({', '.join('?' * len(given))})",
                list(given.values()),
            )

    def build(self, crash_in: str = "") -> None:
        """All that a run builds of these; every party is a person. Raises Crash in the model `crash_in`."""
        for stage in ("base_{}", "stg_{}", "int_core__{}"):
            for name in ACTS:
                model = stage.format(name)
                self.models.build(model, crashes=model == crash_in)
        self.models.build("int_core__acts")
        self.con.execute(
            "create or replace table party_customers as"
            " select distinct party_key, 'c' || party_key as customer_id, cast(null as bigint) as shared_party_key"
            " from int_core__acts"
        )
        self.con.execute("insert into run.changed_parties values (null)")
        self.models.build("int_core__touchpoints", crashes=crash_in == "int_core__touchpoints")

    def overwrite(self, found: dict[Landed, Carried]) -> None:
        """What erasure makes of landing."""
        for file, there in found.items():
            went = ", ".join(f"{name} = null" for name in sources()[file.source].column_names)
            for line_no in there.whole:
                self.con.execute(
                    f"update landing.{file.source} set {went}, _problem = 'erased'"
                    " where _file_id = ? and _line_no = ?", [file.file_id, line_no]
                )  # fmt: skip
            for name, lines in there.cells.items():
                self.con.execute(
                    f"update landing.{file.source} set {name} = null"
                    " where _file_id = ? and list_contains(?, _line_no)", [file.file_id, list(lines)]
                )  # fmt: skip

    def correct(self, found: dict[Landed, Carried]) -> None:
        """What erasure makes of staging."""
        for name in ACTS:
            if there := {file: there for file, there in found.items() if file.source == name}:
                self.con.begin()
                correct_source(self.con, sources()[name], there)
                self.con.commit()

    def whole(self) -> "Shop":
        """The same landing in a new warehouse."""
        anew = Shop()
        for table in ("run.files", *(f"landing.{name}" for name in ACTS)):
            rows = self.con.execute(f"from {table}").fetchall()
            if rows:
                anew.con.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)
        anew.build()
        return anew

    def differences(self) -> list[str]:
        """The tables that are not as the same landing would give them, built whole."""
        anew = self.whole()
        kept = dict.fromkeys(ACTS, "select _file_id, _line_no, row_outcome from base_{}")
        found = [name for name, sql in kept.items() if _rows(self, sql.format(name)) != _rows(anew, sql.format(name))]
        return found + [f"core {name}" for name, sql in FACTS.items() if _rows(self, sql) != _rows(anew, sql)]


def _rows(shop: Shop, sql: str) -> list[tuple]:
    return shop.models.rows(sql)


class Days:
    """Acts of a few persons: copies of one act with other identifiers, in the same file and in later ones."""

    def __init__(self, seed: int) -> None:
        self.random, self.shop = random.Random(seed), Shop()
        self.known: dict[str, list[str]] = {name: [] for name in ACTS}

    def land(self, day: int) -> None:
        """A file of every source."""
        for name in ACTS:
            rows = [self._row(sources()[name], day) for _ in range(self.random.randint(4, 9))]
            self.shop.land(sources()[name], rows)

    def _row(self, source: Source, day: int) -> dict[str, str]:
        row, known = {}, self.known[source.name]
        for column in source.columns:
            if column.name == source.key[0]:
                if not known or self.random.random() < 0.7:
                    known.append(f"{source.name[:1]}{len(known)}")
                row[column.name] = self.random.choice(known[-6:])
            elif column.name in IDENTIFIERS:
                if column.required or self.random.random() < 0.6:
                    row[column.name] = f"p{self.random.randint(1, 5)}"
            elif column.type == "timestamp":
                at = datetime(2026, 4, 1 + day) + timedelta(minutes=self.random.randint(0, 900))
                row[column.name] = f"{at:%Y-%m-%dT%H:%M:%S}+09:00"
            elif column.one_of:
                row[column.name] = "email" if column.name == "channel" else self.random.choice(column.one_of)
            elif column.required:
                row[column.name] = "x"
        return row

    def erase(self, share: float = 0.15) -> dict[Landed, Carried]:
        """Rows and cells that go, in landing; of every file some."""
        found: dict[Landed, Carried] = {}
        for name in ACTS:
            optional = [
                column.name for column in sources()[name].columns if column.name in IDENTIFIERS and not column.required
            ]
            sql = f"select _file_id, _line_no from landing.{name} where _problem is null order by all"
            for file_id, line_no in self.shop.con.execute(sql).fetchall():
                there = found.setdefault(self.shop.files[file_id], Carried())
                if self.random.random() < share:
                    there.whole.add(line_no)
                elif self.random.random() < share:
                    there.cells.setdefault(self.random.choice(optional), set()).add(line_no)
        found = {file: there for file, there in found.items() if there}
        self.shop.overwrite(found)
        return found


def test_day_after_day_acts_are_those_of_the_overwritten_landing() -> None:
    days = Days(3)
    for day in range(3):
        days.land(day)
        days.shop.build()
        days.shop.correct(days.erase())
    days.shop.build()
    assert days.shop.differences() == []
    assert days.shop.models.rows("from run.corrected_acts") == []


def test_only_what_was_erased_is_made_again() -> None:
    days = Days(7)
    for day in range(12):
        days.land(day)
    days.shop.build()
    before = days.shop.models._build
    days.shop.con.execute("delete from run.touched_customers")
    days.shop.correct(days.erase(0.02))
    noted = days.shop.models.rows("from run.corrected_acts")
    customers = {
        customer
        for source, key in noted
        for (customer,) in days.shop.models.rows(
            f"select customer_id from int_core__touchpoints where source = '{source}' and source_key = '{key}'"
        )
    }
    days.shop.build()
    written = days.shop.models.rows(
        "select touchpoint_id, customer_id from int_core__touchpoints"
        f" where cast(replace(_batch, 'build ', '') as integer) > {before}"
    )
    [(held,)] = days.shop.models.rows("select count(*) from int_core__touchpoints")
    assert 0 < len(noted) < held / 10
    assert {touchpoint_id for touchpoint_id, _ in written} <= {f"{source}:{key}" for source, key in noted}
    # Both he whose they were and whose they are by now are made again.
    touched = {customer for (customer,) in days.shop.models.rows("from run.touched_customers")}
    assert touched == (customers | {customer for _, customer in written}) - {None}


def _is_as_built_whole(shop: Shop) -> bool:
    """Without states: a source that was built anew has another generation, and so its files another state."""
    anew = shop.whole()
    told = [f"select * exclude (_state) from ({sql})" for sql in FACTS.values()]
    return all(_rows(shop, sql) == _rows(anew, sql) for sql in told)


def test_a_run_that_dies_after_staging_was_corrected_is_taken_up() -> None:
    days = Days(11)
    for day in range(2):
        days.land(day)
    days.shop.build()
    for model in ("int_core__web_events", "int_core__touchpoints"):
        days.shop.correct(days.erase())
        with pytest.raises(Crash):
            days.shop.build(crash_in=model)
    # Somebody else is erased before it goes on.
    days.shop.correct(days.erase())
    days.shop.build()
    assert days.shop.differences() == []


def test_where_a_run_stops_before_that_staging_is_built_from_landing_and_acts_with_it() -> None:
    days = Days(12)
    days.land(0)
    days.shop.build()
    days.shop.con.execute("insert into run.corrected_acts select 'web_events', event_id from landing.web_events")
    for name in {file.source for file in days.erase()}:  # as `take_up` has it (privacy/erase.py)
        days.shop.con.execute(f"drop table base_{name} cascade")
        days.shop.con.execute("update staged.fingerprints set generation = generation + 1 where source = ?", [name])
    days.shop.build()
    assert _is_as_built_whole(days.shop)


def test_a_later_copy_of_an_act_takes_the_place_of_an_erased_one() -> None:
    shop, source = Shop(), sources()["social_actions"]
    row = {"action_id": "a1", "occurred_at": "2026-04-01T10:00:00+09:00", "kind": source.columns[0].name}
    row["kind"] = next(column.one_of for column in source.columns if column.name == "kind")[0]
    shop.land(source, [row | {"member_id": "his"}])
    shop.land(source, [row | {"visitor_id": "v1"}, row | {"visitor_id": "v2"}])
    shop.build()
    found = {shop.files["f1"]: Carried(whole={2})}
    shop.overwrite(found)
    correct_source(shop.con, source, found)
    # Identity reads again what holds what went, and what came instead.
    assert _rows(shop, "select distinct file_id from run.corrected_files") == [("f1",), ("f2",)]
    assert _rows(shop, "select distinct value from pii.corrected_values") == [("his",), ("v1",)]
    shop.build()
    assert _rows(shop, "select _file_id, _line_no, row_outcome from base_social_actions") == [
        ("f1", 2, "erased"), ("f2", 2, "staged"), ("f2", 3, "duplicate")]  # fmt: skip
    assert shop.differences() == []


def test_an_older_version_takes_the_place_of_an_erased_one() -> None:
    shop = Shop()
    shop.con.execute(
        "create table base_reviews as select 'r' || n as review_id, null::varchar as member_id, null::varchar as email,"
        " null::varchar as product_id, null::varchar as body, null::bigint as rating, null::timestamp as posted_at,"
        " 'f' || v as _file_id, v * 10 + n as _line_no, v as _file_no, 'r' || n as _key,"
        " if(v = 3, 'staged', 'superseded') as row_outcome, null::varchar as problem_column,"
        " null::varchar as problem_reason, null::varchar as warning_columns, null::varchar as row_json"
        " from range(1, 3) as keys (n), range(1, 4) as versions (v)"
    )
    for name in sources()["reviews"].column_names:
        shop.con.execute(f"alter table base_reviews add column if not exists {name} varchar")
    file = _file("reviews", 3)
    correct_source(shop.con, sources()["reviews"], {file: Carried(whole={31})})
    assert _rows(shop, "select _file_id, review_id from base_reviews where row_outcome = 'staged'") == [
        ("f2", "r1"), ("f3", "r2")]  # fmt: skip
