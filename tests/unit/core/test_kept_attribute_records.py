"""Records of persons that are kept are those of a table made whole, whoever has changed, come, gone or merged."""

import random

import pytest
from models import Crash, Models

TEXTS = "email, phone, last_name, first_name, last_name_kana, first_name_kana, postal_code, prefecture, address, gender"
BEFORE = """
    create schema normalised;
    create table normalised.normalised_values (kind varchar, raw varchar, value varchar);
    create table identity_blocklist (kind varchar, match varchar, value varchar);
    create table email_rules (part varchar, value varchar, may_receive boolean);
    insert into email_rules values ('local', 'test', false), ('local', 'info', true);
    create table int_core__orders (source varchar, member_key bigint, email_key bigint, phone_key bigint,
        ordered_at timestamp);
    create table int_identity__assignments (identifier_key bigint primary key, anchor_key bigint);
    create table identifiers (identifier_key bigint, is_blocklisted boolean);
    create table identifier_values (identifier_key bigint primary key, identifier_kind varchar, value varchar);
    insert into run.context values (date '2026-05-01', timestamp '2026-05-02', 'pepper', true);
"""
MODEL = "int_core__attribute_records"
ROWS = f"from {MODEL}"


class Records:
    """Members, cards and guests, whose identifiers belong to one of twelve persons or to nobody."""

    def __init__(self, seed: int) -> None:
        self.models, self.random, self.noted = Models(), random.Random(seed), set[int]()
        self.con = self.models.con
        self.con.execute(BEFORE)
        texts = ", ".join(f"{column} varchar" for column in TEXTS.split(", "))
        for table, own in (
            ("stg_members", "member_id varchar, status varchar, line_user_id varchar, member_rank varchar"),
            ("stg_store_cards", "card_no varchar, home_store_id varchar"),
        ):
            self.con.execute(f"create table {table} ({own}, {texts}, birth_date date, updated_at timestamp)")

    def seen(self, kind: str, value: str) -> int:
        """The key of an identifier, which is somebody's from now on."""
        [(key,)] = self.con.execute(
            "select " + self.models.render(f"{{{{ key_of('{kind}', \"'{value}'\") }}}}")
        ).fetchall()
        self.con.execute("insert or ignore into identifier_values values (?, ?, ?)", [key, kind, value])
        if not self.con.execute("from identifiers where identifier_key = ?", [key]).fetchall():
            self.con.execute("insert into identifiers values (?, ?)", [key, value.startswith(("test", "info"))])
        anchor = self.random.choice([None, *range(12)])
        self.con.execute("insert or ignore into int_identity__assignments values (?, ?)", [key, anchor])
        self.noted.add(key)
        return key

    def happen(self) -> None:
        """One thing that happens to a record, as identity notes it."""
        number, day = self.random.randrange(20), self.random.randrange(9)
        email = self.random.choice([f"e.{number}@gmail.com", f"e{number}@gmail.com", f"e{number}@example.jp"])
        email = self.random.choice([email, "test@example.jp", "info@example.jp"])
        what = self.random.choice(["member", "card", "guest", "moved", "moved", "gone"])
        at = f"timestamp '2026-04-01' + {day} * interval 1 day"
        if what in ("member", "card"):
            table, column, value = ("stg_members", "member_id", f"m{number}") if what == "member" else (
                "stg_store_cards", "card_no", f"k{number}")  # fmt: skip
            self.seen("member_id" if what == "member" else "card_no", value)
            self.seen("email", email)
            self.con.execute(f"delete from {table} where {column} = ?", [value])
            self.con.execute(
                f"insert into {table} by name select ? as {column}, ? as email, ? as last_name, {at} as updated_at",
                [value, email, self.random.choice(["佐藤", "鈴木"])],
            )
        elif what == "guest":
            key = self.seen("email", email)
            self.con.execute(f"insert into int_core__orders values ('ec_orders', null, ?, null, {at})", [key])
        else:
            keys = self.con.execute("select identifier_key from int_identity__assignments order by 1").fetchall()
            if not keys:
                return
            [key] = self.random.choice(keys)
            self.noted.add(key)
            if what == "moved":
                anchor = self.random.choice([None, *range(12)])
                self.con.execute(
                    "update int_identity__assignments set anchor_key = ? where identifier_key = ?", [anchor, key]
                )
            else:
                self.con.execute("delete from int_identity__assignments where identifier_key = ?", [key])

    def build(self) -> None:
        """One run, of which a first attempt may die; core's lists are not emptied by each."""
        keys = sorted(self.noted)
        self.con.execute("insert into run.changed_owners select unnest(?::bigint[])", [keys])
        self.noted.clear()
        if self.random.random() < 0.5:
            with pytest.raises(Crash):
                self.models.build(MODEL, crashes=True)
        self.models.build(MODEL)
        if self.random.random() < 0.7:
            self.con.execute("delete from run.changed_owners; delete from run.touched_anchors")

    def anew(self) -> list[tuple]:
        """The same, built whole beside."""
        self.con.execute(f"alter table {MODEL} rename to kept; create table noted as from run.touched_anchors")
        self.models.build(MODEL)
        found = self.models.rows(ROWS)
        self.con.execute(
            f"drop table {MODEL}; alter table kept rename to {MODEL}; delete from run.touched_anchors;"
            " insert into run.touched_anchors from noted; drop table noted"
        )
        return found


@pytest.mark.parametrize("seed", range(2))
def test_records_of_a_day_after_a_day_are_those_of_all(seed: int) -> None:
    records = Records(seed)
    for day in range(8):
        for _ in range(60 if day == 0 else 4):
            records.happen()
        before = records.models.rows(ROWS) if day else []
        records.build()
        assert records.models.rows(ROWS) == records.anew(), f"day {day}"
        assert records.models.rows(ROWS) != before, f"nothing has happened on day {day}"


def test_only_persons_of_whom_identity_tells_are_read() -> None:
    records = Records(3)
    for _ in range(60):
        records.happen()
    records.models.build(MODEL)
    records.con.execute("delete from run.touched_anchors; delete from run.changed_owners")
    # Of two persons a record says something else, which identity tells of one.
    [(key, anchor)] = records.con.execute(
        f"select identifier_key, anchor_key {ROWS} where source = 'members' order by all limit 1"
    ).fetchall()
    records.con.execute("update stg_members set last_name = 'new'; update stg_store_cards set last_name = 'new'")
    records.con.execute("insert into run.changed_owners values (?)", [key])
    records.models.build(MODEL)
    assert records.models.rows(f"select distinct anchor_key {ROWS} where last_name = 'new'") == [(anchor,)]
    assert records.models.rows("from run.touched_anchors") == [(anchor,)]
