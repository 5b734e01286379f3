"""Identifiers and edges that are kept are those of tables built whole, whatever files, erasures and rules bring."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from models import Crash, Models

HELD = ["int_identity__tuples", "int_identity__web_purchases"]
KEPT = ["identifier_values", "identifiers", "int_identity__edges"]
VIEWS = ["int_identity__sightings", "int_identity__pairs"]
BUILT = [*HELD, "int_identity__touched_tuples", *VIEWS, "int_identity__overrides", *KEPT]
# Columns that identity reads of each source, besides those of every base table.
BASES = {
    "members": "member_id, line_user_id, email, phone, registered_at, updated_at",
    "store_cards": "card_no, member_id, email, phone, registered_at, updated_at",
    "ec_orders": "order_id, member_id, email, phone, ordered_at",
    "pos_receipts": "card_no, receipted_at",
    "store_visits": "card_no, member_id, visited_at",
    "web_events": "visitor_id, member_id, email, order_id, event_name, occurred_at",
    "message_events": "member_id, channel, address, occurred_at",
    "reviews": "member_id, posted_at",
    "social_actions": "member_id, visitor_id, line_user_id, occurred_at",
    "survey_answers": "member_id, visitor_id, answered_at",
    "external_attributes": "identifier_kind, identifier, updated_at",
}
RULES = """
    create schema staged; create schema normalised;
    create table run.files (source varchar, file_id varchar);
    create table staged.fingerprints (source varchar, generation bigint);
    create table normalised.normalised_values (kind varchar, raw varchar, value varchar);
    create table identity_kinds (kind varchar, strength integer, is_weak boolean);
    create table identity_blocklist (kind varchar, match varchar, value varchar);
    create table email_rules (part varchar, value varchar, may_receive boolean);
    create table identity_overrides (
        left_kind varchar, left_value varchar, right_kind varchar, right_value varchar, action varchar
    );
    insert into identity_kinds values ('member_id', 1, false), ('card_no', 2, false), ('line_user_id', 3, false),
        ('email', 4, false), ('phone', 5, false), ('visitor_id', 6, true);
    insert into run.context values (date '2026-05-01', timestamp '2026-05-01 15:00:00', 'pepper', true)
"""
PERSONS = 150
# Enough to meet each kind of news about twice; what breaks is met within a few days.
SEEDS, DAYS = range(2), 5


class Shop:
    """One landing, read by tables that are kept and by tables that are made anew every day."""

    def __init__(self, seed: int) -> None:
        self.kept, self.anew, self.random = Models(), Models(), random.Random(seed)
        self.both(RULES)
        for source, columns in BASES.items():
            typed = [f"{name} {'timestamp' if name.endswith('_at') else 'varchar'}" for name in columns.split(", ")]
            self.both(f"insert into staged.fingerprints values ('{source}', 1)")
            self.both(
                f"create table base_{source} (_file_id varchar, _line_no bigint, _landing_no bigint,"
                f" row_outcome varchar, {', '.join(typed)})"
            )
        self.orders: list[str] = []
        self.land(0, PERSONS)

    def both(self, sql: str) -> None:
        self.kept.con.execute(sql)
        self.anew.con.execute(sql)

    def land(self, day: int, rows: int) -> None:
        """A file of each source. The names of files do not follow the order in which they came."""
        for source, columns in BASES.items():
            file_id = f"{(day * 7) % 10}-{day}-{source}"
            self.both(f"insert into run.files values ('{source}', '{file_id}')")
            lines = []
            for line_no in range(1, rows + 1):
                values = [self.value(name, day) for name in columns.split(", ")]
                texts = ["null" if value is None else f"'{value}'" for value in values]
                lines.append(f"('{file_id}', {line_no}, {day}, 'staged', {', '.join(texts)})")
            self.both(f"insert into base_{source} values {', '.join(lines)}")

    def value(self, name: str, day: int) -> str | None:
        person = self.random.randrange(PERSONS)
        if name.endswith("_at"):
            return str(datetime(2026, 5, 1) + timedelta(days=day - self.random.randrange(3), hours=person % 24))
        if name == "order_id":  # before, with or after the order itself
            return f"o{self.random.randrange(PERSONS + 20 * day)}"
        told = {
            "event_name": "purchase",
            "channel": "email",
            "identifier_kind": "email",
            "address": self.email(person),
            "identifier": self.email(person),
            "email": self.random.choice([None, self.email(person)]),
        }
        return told[name] if name in told else self.random.choice([None, f"{name[0]}{person}", f"{name[0]}{person}"])

    def email(self, person: int) -> str:
        """One address, written in two ways."""
        return f"p{self.random.choice(['', '.'])}{person}@{'gmail.com' if person % 5 else 'x.jp'}"

    def place(self, *sources: str) -> tuple[str, str, int]:
        source = self.random.choice(sources or [*BASES, "ec_orders", "web_events"])
        places = self.kept.rows(f"select _file_id, _line_no from base_{source} where row_outcome = 'staged'")
        return (source, *self.random.choice(places or [("", 0)]))

    def raise_generation(self, source: str) -> None:
        self.both(f"update staged.fingerprints set generation = generation + 1 where source = '{source}'")

    def note(self, source: str, file_id: str, line_no: int) -> None:
        """As an erasure notes what is to be read again, before it corrects a row (privacy/warehouse_rows.py)."""
        columns = {"visitor_id", "member_id", "email", "phone", "card_no", "line_user_id", "address", "identifier"}
        listed = ", ".join(sorted(columns & set(BASES[source].split(", "))))
        self.kept.con.execute(f"insert into run.corrected_files values ('{file_id}')")
        self.kept.con.execute(
            f"insert into erasure.corrected_values select unnest([{listed}]) from base_{source}"
            f" where _file_id = '{file_id}' and _line_no = {line_no}"
        )

    def settle(self) -> None:
        for table in ("run.touched_identifiers", "run.corrected_files", "erasure.corrected_values"):
            self.kept.con.execute(f"delete from {table}")

    def touched(self) -> int | None:
        """How many identifiers; None of everybody."""
        [(number, whole)] = self.kept.rows(
            "select count(distinct identifier_key), count(*) > count(identifier_key) from run.touched_identifiers"
        )
        return None if whole else number

    def build(self) -> None:
        for table in BUILT:
            self.kept.build(table)

    def check(self) -> None:
        for table in BUILT:
            kind = "view" if table in VIEWS else "table"
            self.anew.con.execute(f"drop {kind} if exists {table}")
        for table in BUILT:
            self.anew.build(table)
        for table in HELD:
            rows = f"select * exclude (_generation, _batch) from {table}"
            assert self.kept.rows(rows) == self.anew.rows(rows), table
        for table in KEPT:
            rows = f"select columns(lambda name: name <> '_batch') from {table}"
            assert self.kept.rows(rows) == self.anew.rows(rows), table


def _erased_row(shop: Shop) -> None:
    source, file_id, line_no = shop.place()
    shop.note(source, file_id, line_no)
    gone = ", ".join(f"{name} = null" for name in BASES[source].split(", ") if name != "order_id")
    shop.both(
        f"update base_{source} set {gone}, row_outcome = 'erased' where _file_id = '{file_id}' and _line_no = {line_no}"
    )


def _erased_cell(shop: Shop) -> None:
    source, file_id, line_no = shop.place("ec_orders")
    shop.note(source, file_id, line_no)
    shop.both(f"update base_ec_orders set email = null where _file_id = '{file_id}' and _line_no = {line_no}")


def _superseded(shop: Shop) -> None:
    shop.both(
        "update base_ec_orders as base set row_outcome = 'superseded' where exists (select 1 from base_ec_orders as n"
        " where n.order_id = base.order_id and n._landing_no > base._landing_no)"
    )


def _withdrawn(shop: Shop) -> None:
    source, file_id, _ = shop.place()
    shop.both(f"delete from run.files where file_id = '{file_id}'")
    shop.both(f"delete from base_{source} where _file_id = '{file_id}'")
    shop.raise_generation(source)


def _staged_anew(shop: Shop) -> None:
    source, file_id, line_no = shop.place()
    shop.both(f"delete from base_{source} where _file_id = '{file_id}' and _line_no = {line_no}")
    shop.raise_generation(source)


def _blocklist(shop: Shop) -> None:
    shop.both(f"insert into identity_blocklist values ('phone', 'value', 'p{shop.random.randrange(PERSONS)}')")
    shop.kept.con.execute("drop table if exists identifiers")  # as incremental.reset does


def _override(shop: Shop) -> None:
    left, right = shop.random.sample(range(PERSONS), 2)
    shop.both(f"insert into identity_overrides values ('member_id', 'm{left}', 'phone', 'p{right}', 'always_link')")


def _override_goes(shop: Shop) -> None:
    shop.both("delete from identity_overrides")


def _crash(shop: Shop) -> None:
    table = shop.random.choice([*HELD, *KEPT])
    with pytest.raises(Crash):
        for name in BUILT:
            shop.kept.build(name, crashes=name == table)


NEWS: list[Callable[[Shop], None]] = [
    _erased_row, _erased_cell, _superseded, _withdrawn, _staged_anew, _blocklist, _override, _override_goes, _crash,
]  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_kept_is_what_is_made_anew(seed: int) -> None:
    shop = Shop(seed)
    shop.build()
    days_kept = 0
    for day in range(1, DAYS + 1):
        if shop.random.random() < 0.7:  # not after a run of an hour
            shop.settle()
        shop.land(day, 2)
        for news in shop.random.sample(NEWS, 3):
            news(shop)
        shop.build()
        if day % 2:
            shop.check()
        days_kept += shop.touched() is not None
    assert days_kept > 1


def test_an_erasure_in_a_file_of_many_touches_the_identifiers_of_its_rows() -> None:
    shop = Shop(7)
    shop.build()
    shop.settle()
    [(line_no,)] = shop.kept.rows(
        "select min(_line_no) from base_web_events where member_id is not null and visitor_id is not null"
    )
    shop.note("web_events", "0-0-web_events", line_no)
    shop.both(f"update base_web_events set member_id = null where _line_no = {line_no} and _landing_no = 0")
    shop.build()
    [(read_again,)] = shop.kept.rows("select count(*) from int_identity__tuples where _batch <> 'build 1'")
    assert 0 < read_again < 20
    shop.check()
    touched = shop.touched()
    assert touched is not None
    assert 2 <= touched <= 8
    shop.settle()
    shop.build()
    assert shop.touched() == 0
