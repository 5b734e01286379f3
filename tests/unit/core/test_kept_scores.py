"""Points that are counted on from day to day are those of tables built whole, while acts come, go and change hands."""

import random
from datetime import date, datetime, time, timedelta

import pytest
from models import Crash, Models

FIRST_DAY = date(2026, 3, 1)
SUMS, PARTS = "int_marts__score_sums", "int_marts__score_parts"
MODELS = (SUMS, PARTS, "scores")
RULES = [("view", "content_view", 3, 5, 0), ("vision", "content_view", 0, 0, 7), ("buy", "purchase", 8, 1, 1)]
CONTENTS = {"k1": ("product", "article"), "k2": ("lifestance", "vision"), None: (None, None)}
CUSTOMERS = [f"c{number}" for number in range(20)]
FOUND = {
    SUMS: f"select * exclude (_batch) from {SUMS}",
    PARTS: f"select * exclude (_batch) from {PARTS}",
    "scores": "from scores",
}

Act = tuple[str, str, str | None, date]  # customer, rule, content, day


def warehouse(half_life: str) -> Models:
    made = Models()
    made.con.execute(
        "create table score_rules (rule_id varchar, action varchar, product integer, lifestyle integer,"
        " lifestance integer);"
        "create table persons (customer_id varchar, is_visitor boolean, first_seen_at timestamp);"
        "create table int_core__changed_customers (change_no bigint, as_of_end_at timestamp, customer_id varchar);"
        "create table int_marts__score_ledger (customer_id varchar, rule_id varchar, content_id varchar,"
        " score_category varchar, information_kind varchar, occurred_at timestamp)"
    )
    made.con.execute("insert into run.settings values ('score_half_life_days', ?)", [half_life])
    made.con.executemany("insert into score_rules values (?, ?, ?, ?, ?)", RULES)
    return made


def write_day(made: Models, number: int, as_of: date, acts: list[Act], seen: dict[str, date], changed: set) -> None:
    """The run's day, the ledger of all acts up to now, who is known since when, and who has changed."""
    end = datetime.combine(as_of, time(15))
    made.con.execute("delete from run.context; delete from persons; delete from int_marts__score_ledger")
    made.con.execute("insert into run.context values (?, ?, 'salt', false)", [as_of, end])
    rows = {
        "persons": [(who, False, day) for who, day in seen.items()],
        "int_core__changed_customers": [(number, end, customer) for customer in ["", *changed]],
        "int_marts__score_ledger": [
            (customer, rule, content, *CONTENTS[content], datetime.combine(day, time(3)))
            for customer, rule, content, day in acts
            if day <= as_of
        ],
    }
    for table, given in rows.items():  # in one statement each: row by row takes most of a test's time
        values = ", ".join([f"({', '.join('?' * len(given[0]))})"] * len(given))
        made.con.execute(f"insert into {table} values {values}", [value for row in given for value in row])


def build(made: Models) -> dict[str, list[tuple]]:
    for model in MODELS:
        made.build(model)
    assert made.rows("select count(*) from run.score_parts_due") == [(0,)]
    return {model: made.rows(sql) for model, sql in FOUND.items()}


def an_act(chance: random.Random, day: date) -> Act:
    rule, *_ = chance.choice(RULES)
    return chance.choice(CUSTOMERS), rule, None if rule == "buy" else chance.choice(["k1", "k2"]), day


@pytest.mark.parametrize("half_life", ["", "10"])
def test_day_after_day_the_same_as_built_whole(half_life: str) -> None:
    chance = random.Random(5)
    kept = warehouse(half_life)
    acts = [an_act(chance, FIRST_DAY - timedelta(days=chance.randrange(40))) for _ in range(150)]
    seen = {customer: FIRST_DAY - timedelta(days=50) for customer in CUSTOMERS[:-2]}
    for number, later in enumerate((0, 1, 2, 3, 5, 4, 6), 1):
        as_of = FIRST_DAY + timedelta(days=later)
        changed: set[str | None] = set()
        if number > 1:
            came, gone = an_act(chance, as_of), acts.pop(chance.randrange(len(acts)))
            moved = acts.pop()
            acts = [came, (CUSTOMERS[0], *moved[1:]), *acts]
            changed = {came[0], gone[0], moved[0], CUSTOMERS[0]}
        if number == 3:
            seen[CUSTOMERS[-1]] = as_of  # seen for the first time
            changed.add(CUSTOMERS[-1])
        # Whose act of a later day has come with the day has changed too.
        changed |= {who for who, _, _, day in acts if number > 1 and day == as_of - timedelta(days=1)}
        write_day(kept, number, as_of, acts, seen, {None} if later == 4 else changed)
        if number == 2:
            # The sums are made, and the run dies before the parts; the next one sees others changed.
            kept.build(SUMS)
            with pytest.raises(Crash):
                kept.build(PARTS, crashes=True)
            continue
        anew = warehouse(half_life)
        write_day(anew, 1, as_of, acts, seen, set())
        assert build(kept) == build(anew), f"day {number}"
    if not half_life:
        # It was not made anew every day: rows of the first build are among those of the last.
        assert kept.rows(f"select count(distinct _batch) > 1 from {SUMS}") == [(True,)]


def test_of_an_ordinary_day_only_the_changed_are_made() -> None:
    kept = warehouse("")
    seen = dict.fromkeys(CUSTOMERS[:2], FIRST_DAY)
    write_day(kept, 1, FIRST_DAY, [("c0", "view", "k1", FIRST_DAY), ("c1", "buy", None, FIRST_DAY)], seen, set())
    build(kept)
    # Acts that no change was noted of show whether a row was made again.
    write_day(kept, 2, FIRST_DAY, [("c1", "view", "k2", FIRST_DAY)], seen, {"c1"})
    found = build(kept)
    assert found["scores"] == [("c0", 3, 5, 0, 8), ("c1", 3, 5, 0, 8)]
    assert [row[:4] for row in found[PARTS] if row[0] == "action"] == [("action", "content_view", 2, 2)]
