"""What persons are known by, kept from run to run, is what would be chosen anew."""

import random

import pytest

from dagster_project.project import seeds
from tests.unit.core.models import Crash, Models

TABLES = ["int_core__attribute_states", "person_attributes", "int_core__attribute_origins"]
NUMBERS = "int_core__attribute_records"


class Records:
    """Records of persons that come, go, change, and pass from one person to another."""

    def __init__(self, seed: int) -> None:
        self.models, self.random = Models(), random.Random(seed)
        self.con = self.models.con
        self.con.execute(
            "create table survivorship_rules as from read_csv(?)", [str(seeds() / "rules" / "survivorship_rules.csv")]
        )
        self.con.execute(
            "create table raw (identifier_key bigint, anchor_key bigint, source varchar, updated_at timestamp,"
            " gender varchar, email varchar, prefecture varchar, address varchar);"
            "create table persons (anchor_key bigint, customer_id varchar);"
            "create table identity_map as select n as identifier_key, 'member_id' as identifier_kind, 'h' || n"
            " as identifier_hash from range(60) as r(n);"
            "create table before (anchor_key bigint, _state hugeint)"
        )
        self.con.execute("insert into persons select n, 'c' || n from range(15) as r(n)")

    def happen(self) -> None:
        """One thing that happens to a record, a person or a rule."""
        what, key = self.random.choice(["put", "put", "put", "gone", "moved", "id"]), self.random.randrange(60)
        if what == "put":
            self.con.execute("delete from raw where identifier_key = ?", [key])
            self.con.execute(
                "insert into raw values (?, ?, ?, timestamp '2026-05-01' + ? * interval 1 day, ?, ?, ?, ?)",
                [key, key % 15, self.random.choice(["members", "store_cards"]), self.random.randrange(9),
                 *(self.random.choice([None, "a", "b"]) for _ in range(4))],
            )  # fmt: skip
        elif what == "gone":
            self.con.execute("delete from raw where identifier_key = ?", [key])
        elif what == "moved":
            self.con.execute("update raw set anchor_key = ? where identifier_key = ?", [self.random.randrange(15), key])
        else:
            self.con.execute("update persons set customer_id = customer_id || 'x' where anchor_key = ?", [key % 15])
            self.con.execute("insert into run.touched_anchors values (?)", [key % 15])

    def land(self) -> None:
        """The records as `int_core__attribute_records` has them, through its own last step."""
        columns = ["last_name", "first_name", "last_name_kana", "first_name_kana", "postal_code", "birth_date", "phone"]
        columns += ["line_user_id", "member_rank", "home_store_id"]
        self.con.execute(
            "create or replace table attribute_records as select anchor_key, identifier_key, source, 'active' as"
            " record_status, updated_at, count(*) over of_person = 1 as is_only_record, rank() over (of_person order by"
            " updated_at desc) as recency_rank, row_number() over (of_person order by updated_at desc, identifier_key)"
            " as record_no, gender, email, prefecture, address,"
            + ", ".join(f"null::{'date' if column == 'birth_date' else 'varchar'} as {column}" for column in columns)
            + " from raw window of_person as (partition by anchor_key)"
        )
        state = self.models.render("{{ record_state() }}")
        self.con.execute(f"create or replace table {NUMBERS} as select *, {state} as _state from attribute_records")
        now = f"select anchor_key, bit_xor(_state) as _state from {NUMBERS} group by all"
        # Persons are told of whose records differ, and others.
        self.con.execute(
            f"insert into run.touched_anchors select anchor_key from ((from before except {now}) union all"
            f" ({now} except from before)) union all values ({self.random.randrange(15)});"
            f" create or replace table before as {now}"
        )

    def build(self) -> None:
        """One run, in which a table may die and is built again by the next."""
        for model in TABLES:
            if self.random.random() < 0.2:
                with pytest.raises(Crash):
                    self.models.build(model, crashes=True)
            self.models.build(model)

    def held(self) -> list[list[tuple]]:
        """The rows of the two tables, but for the build that wrote them."""
        return [self.models.rows(f"select columns(lambda name: name <> '_batch') from {model}") for model in TABLES[1:]]

    def anew(self) -> list[list[tuple]]:
        """The same, built whole beside."""
        for model in TABLES:
            self.con.execute(f"alter table {model} rename to kept_{model}")
            self.models.build(model)
        found = self.held()
        for model in TABLES:
            self.con.execute(f"drop table {model}; alter table kept_{model} rename to {model}")
        return found


@pytest.mark.parametrize("seed", range(2))
def test_what_is_kept_is_what_would_be_chosen_anew(seed: int) -> None:
    records = Records(seed)
    for day in range(8):
        for _ in range(80 if day == 0 else 5):
            records.happen()
        if day == 5:
            records.con.execute("update survivorship_rules set priority = 9 where source = 'members'")
        records.land()
        records.build()
        assert records.held() == records.anew(), f"day {day}"
        [(chosen, all_of_them)] = records.con.execute(
            "select count(*) filter (_batch = (select max_by(_batch, rowid) from int_core__attribute_states)), count(*)"
            " from int_core__attribute_states"
        ).fetchall()
        assert 0 < chosen <= all_of_them
        assert (chosen == all_of_them) == (day in (0, 5))
