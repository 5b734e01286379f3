"""Ranks around random trials that are kept are those of a table built whole, while days of more customers are over."""

import random
from datetime import date, datetime, time, timedelta

from models import Models
from test_kept_ranks import warehouse

FIRST_DAY = date(2026, 3, 25)
OUTCOME_DAYS = 3
TRIALS = [(1, None), (2, "b1")]  # campaign_no, brand
PARTICIPANTS = (
    "create table int_marts__promotion_participants (campaign_no integer, customer_id varchar, person_key bigint,"
    " from_at timestamp, until_at timestamp, is_randomised boolean, is_open boolean);"
    "create table int_marts__promotions (campaign_no integer, brand_id varchar)"
)
Act = tuple[str, str, date, int]  # customer, brand, day, purchases


def write_day(made: Models, number: int, as_of: date, acts: list[Act], assigned: dict, changed: set[str]) -> None:
    """The run's day, everything that has happened so far, who was assigned when, whose acts are new; then the ranks."""
    end = datetime.combine(as_of, time(15))
    made.con.execute("delete from run.context; delete from int_marts__promotion_participants; delete from persons")
    made.con.execute("insert into run.context values (?, ?, 'salt', false)", [as_of, end])
    made.con.executemany("insert into persons values (?, false)", [(f"c{customer}",) for customer in range(30)])
    made.con.executemany(
        "insert into int_core__changed_customers values (?, ?, ?)",
        [(number, end, customer) for customer in ["", *sorted(changed)]],
    )
    made.con.executemany(
        "insert into int_marts__promotion_participants values (?, ?, ?, ?, ?, true, ?)",
        [
            (trial, customer, int(customer[1:]), datetime.combine(day, time(3)), until, until > end)
            for (trial, customer), day in assigned.items()
            for until in [datetime.combine(day + timedelta(days=OUTCOME_DAYS), time(3))]
        ],
    )
    for table, key in (("brand", "brand_id"), ("brand_group", "group_id")):
        made.con.execute(f"delete from int_marts__{table}_days")
        made.con.executemany(
            f"insert into int_marts__{table}_days by name select ? as customer_id, ? as {key}, ? as occurred_on, ? as"
            " purchases, 0 as reviews, 0 as interest_acts, 1 as views, 0 as visits, 0 as social_acts, 1 as touches",
            [(who, "house" if key == "group_id" else brand, day, purchases) for who, brand, day, purchases in acts],
        )
    made.build("int_marts__trial_ranks")


def shop() -> Models:
    made = warehouse()
    made.con.execute(PARTICIPANTS)
    made.con.execute("insert into run.settings values ('promotion_brand_group', 'house')")
    made.con.executemany("insert into int_marts__promotions values (?, ?)", TRIALS)
    return made


def test_day_after_day_the_same_as_built_whole() -> None:
    chance = random.Random(3)
    kept = shop()
    acts: dict[tuple[str, date], Act] = {}

    def act(customer: str, day: date) -> None:
        acts[customer, day] = (customer, "b1", day, chance.randrange(2))

    for number in range(30):
        for _ in range(4):
            act(f"c{number}", FIRST_DAY - timedelta(days=chance.randrange(40)))
    assigned = {
        (trial, f"c{chance.randrange(30)}"): FIRST_DAY - timedelta(days=chance.randrange(-4, 20))
        for trial, _ in TRIALS
        for _ in range(12)
    }
    sizes = []
    for number, later in enumerate((0, 1, 3, 4), 1):
        as_of = FIRST_DAY + timedelta(days=later)
        changed = {f"c{chance.randrange(30)}" for _ in range(2)} if number > 1 else set()
        for customer in sorted(changed):
            act(customer, as_of - timedelta(days=2))
        # One is assigned on another day than was known, and one is in no trial any more.
        if number == 2:
            first, second = list(assigned)[:2]
            assigned[first] -= timedelta(days=5)
            del assigned[second]
        write_day(kept, number, as_of, list(acts.values()), assigned, changed)
        anew = shop()
        write_day(anew, 1, as_of, list(acts.values()), assigned, set())
        rows = "select * from int_marts__trial_ranks"
        assert kept.rows(rows) == anew.rows(rows)
        sizes.append(len(anew.rows(rows)))
    assert sizes[0] < sizes[-1]
    ranks = kept.rows("select distinct rank_position_before, rank_position_after from int_marts__trial_ranks")
    assert len(ranks) > 2


def test_of_an_ordinary_day_only_the_changed_are_made() -> None:
    kept = shop()
    acts: list[Act] = [("c1", "b1", FIRST_DAY, 1), ("c2", "b1", FIRST_DAY, 1)]
    assigned = {(2, customer): FIRST_DAY + timedelta(days=1) for customer in ("c1", "c2")}
    write_day(kept, 1, FIRST_DAY + timedelta(days=9), acts, assigned, set())
    first = kept.rows("select customer_id, rank_position_before from int_marts__trial_ranks")
    # Acts that no change was noted of show whether a row was made again.
    write_day(kept, 2, FIRST_DAY + timedelta(days=10), [("c3", "b1", FIRST_DAY, 1)], assigned, {"c2"})
    assert kept.rows("select customer_id, rank_position_before from int_marts__trial_ranks") == [first[0], ("c2", None)]
    assert first[0][1] is not None
