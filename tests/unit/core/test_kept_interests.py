"""Profiles and interests by rank, counted on from day to day, are those counted whole, while items and days leave their
windows, birthdays come, months are completed, and attributes change."""

import random
from datetime import date, datetime, time, timedelta

import pytest
from models import Crash, Models
from test_kept_ranks import FIRST_DAY, warehouse

MODELS = (
    "int_marts__as_of_days",
    "int_marts__customer_items",
    "int_marts__rf_customers",
    "int_marts__customer_profiles",
    "int_marts__changed_brand_days",
    "int_marts__brand_rank_spells",
    "int_marts__brand_ranks",
    "int_marts__brand_rank_counts",
    "int_marts__brand_rank_interests",
    "int_marts__brand_rank_profiles",
)
COUNTS = "int_marts__brand_rank_counts"
BIRTHDAYS = [date(1996, 3, 20) + timedelta(days=day) for day in range(0, 60, 4)]  # thirty in these weeks

Act = tuple[str, str, date, int, str]  # customer, brand, day, purchases, content
Attributes = tuple[str, date | None, str]  # gender, birth date, prefecture

ACTS: list[Act] = [
    ("c1", "b1", FIRST_DAY, 1, "k1"),
    ("c1", "b2", FIRST_DAY, 0, "k2"),
    ("c2", "b1", FIRST_DAY, 0, "k1"),
]

ACTS: list[Act] = [
    ("c1", "b1", FIRST_DAY, 1, "k1"),
    ("c1", "b2", FIRST_DAY, 0, "k2"),
    ("c2", "b1", FIRST_DAY, 0, "k1"),
]


def shop() -> Models:
    made = warehouse()
    made.con.execute(
        "create table rank_acts as select 'content_view' as action, true as is_view;"
        "create table touchpoints (customer_id varchar, occurred_on date, occurred_at timestamp, action varchar,"
        " content_id varchar, product_id varchar);"
        "create table person_attributes (customer_id varchar, gender varchar, birth_date date, prefecture varchar,"
        " member_rank varchar);"
        "create table rf_recency_bands as select 'all' as band, 0 as min_months, null::int as max_months;"
        "create table rf_frequency_bands as select 'all' as band, 0 as min_orders, null::int as max_orders;"
        "create table rf_segments as select 'new' as segment, 'active' as lifecycle, 0 as recency_from,"
        " 1 as recency_to, 0 as frequency_from, null::int as frequency_to"
        " union all select 'old', 'lapsed', 1, null, 0, null"
    )
    return made


def write_day(made: Models, number: int, as_of: date, acts: list[Act], changed: set[str] | None) -> None:
    """The run's day, every act up to it, and whose acts have changed; everybody's, where it is none."""
    end = datetime.combine(as_of, time(15))
    made.con.execute("delete from run.context; delete from int_marts__brand_days; delete from touchpoints")
    made.con.execute("insert into run.context values (?, ?, 'salt', false)", [as_of, end])
    made.con.executemany(
        "insert into int_core__changed_customers values (?, ?, ?)",
        [(number, end, customer) for customer in ["", *([None] if changed is None else sorted(changed))]],
    )
    made.con.executemany(
        "insert into int_marts__brand_days values (?, ?, ?, ?, 0, 0, 1, 0, 0, 1)", [act[:4] for act in acts]
    )
    made.con.executemany(
        "insert into touchpoints values (?, ?, ?, 'content_view', ?, ?)",
        [
            (customer, day, datetime.combine(day, time(3)), content, content.replace("k", "p"))
            for customer, _, day, _, content in acts
        ],
    )
    made.con.execute(
        "create or replace table persons as select customer_id, false as is_visitor,"
        " min(occurred_at) as first_seen_at from touchpoints group by customer_id;"
        "create or replace table int_marts__rf_states as select customer_id, 0 as until_months_before,"
        " count(*) as frequency, max(occurred_on) as recent_on, sum(purchases) as net_sales,"
        " case when count(*) > 1 then 'both' else 'ec' end as bought_channel from int_marts__brand_days"
        " where purchases > 0 group by customer_id;"
        "create or replace view int_core__changed_touchpoints as select * from touchpoints where customer_id in"
        " (select customer_id from int_core__changed_customers where change_no ="
        " (select max(change_no) from int_core__changed_customers))"
    )


def write_attributes(made: Models, attributes: dict[str, Attributes]) -> None:
    made.con.execute("delete from person_attributes")
    made.con.executemany(
        "insert into person_attributes values (?, ?, ?, ?, null)",
        [(customer, *known) for customer, known in attributes.items()] or [("nobody", None, None, None)],
    )


def build(made: Models) -> list[list[tuple]]:
    """The profiles of the day, and what customers of a rank are and are interested in."""
    for model in MODELS:
        made.build(model)
    return [
        made.rows(f"select columns(lambda name: name not in ('_batch', 'change_no')) from {model}")
        for model in ("int_marts__rf_customers", "int_marts__customer_profiles", COUNTS, *MODELS[-2:])
    ]


def built_whole(as_of: date, acts: list[Act], attributes: dict[str, Attributes] | None = None) -> list[list[tuple]]:
    """The same of a warehouse that has never seen another day."""
    anew = shop()
    write_attributes(anew, attributes or {})
    write_day(anew, 1, as_of, acts, None)
    return build(anew)


def an_act(chance: random.Random, day: date) -> Act:
    return (
        f"c{chance.randrange(40)}",
        chance.choice(["b1", "b2", "b3"]),
        day,
        chance.randrange(2),
        f"k{chance.randrange(4)}",
    )


def some_attributes(chance: random.Random) -> Attributes:
    return chance.choice(["female", "male"]), chance.choice([*BIRTHDAYS, None]), chance.choice(["a", "b"])


def distinct(acts: list[Act]) -> list[Act]:
    """One act of a customer, brand and day, as their days have."""
    return list({act[:3]: act for act in acts}.values())


def test_day_after_day_the_same_as_counted_whole() -> None:
    chance = random.Random(3)
    kept, number, died, counted_on = shop(), 0, 0, 0
    acts = distinct([an_act(chance, FIRST_DAY - timedelta(days=chance.randrange(60))) for _ in range(120)])
    attributes = {f"c{number}": some_attributes(chance) for number in range(0, 40, 2)}
    # Days are skipped, so that several leave a window at once; one run but two is of an earlier day.
    for later in (0, 1, 2, 3, 9, 10, 50, 4, 5):
        number += 1
        as_of = FIRST_DAY + timedelta(days=later)
        changed = set()
        if number > 1:
            gone, come = chance.choice(acts), an_act(chance, as_of)
            acts = distinct([act for act in acts if act is not gone] + [come])
            changed = {gone[0], come[0]} | {act[0] for act in acts if act[2] == as_of}
        seen = [act for act in acts if act[2] <= as_of]
        # Attributes come, change and go without any act.
        attributes[f"c{number}"] = attributes[f"c{number + 20}"] = some_attributes(chance)
        attributes.pop(f"c{chance.randrange(40)}", None)
        write_attributes(kept, attributes)
        write_day(kept, number, as_of, seen, None if later in (0, 4) else changed)
        if later in (2, 9):
            # The run dies on its way, with what some models have made; the next sees others changed.
            made = 2 if later == 2 else MODELS.index(COUNTS)
            for model in MODELS[:made]:
                kept.build(model)
            with pytest.raises(Crash):
                kept.build(MODELS[made], crashes=True)
            died += 1
            continue
        assert build(kept) == built_whole(as_of, seen, attributes)
        for table in ("brand_ranks", "customer_items", "customer_profiles"):
            assert kept.rows(f"select customer_id from run.gone_{table}") == []
        counted_on += kept.rows(
            "select (select count(distinct change_no) > 1 from int_marts__brand_ranks)"
            " and (select count(distinct change_no) > 1 from int_marts__customer_profiles)"
        ) == [(True,)]
    assert (died, counted_on > 2) == (2, True)


def test_built_a_second_time_in_a_run_nothing_is_counted_twice() -> None:
    kept, acts = shop(), list(ACTS)
    write_day(kept, 1, FIRST_DAY, acts, None)
    assert build(kept) == build(kept)
    acts.append(("c2", "b3", FIRST_DAY, 1, "k3"))
    write_day(kept, 2, FIRST_DAY, acts, {"c2"})
    assert build(kept) == build(kept) == built_whole(FIRST_DAY, acts)


@pytest.mark.parametrize("lost", (*MODELS[1:5], COUNTS))
def test_what_is_made_anew_is_counted_anew(lost: str) -> None:
    kept, acts = shop(), list(ACTS)
    write_day(kept, 1, FIRST_DAY, acts, None)
    build(kept)
    kept.con.execute(f"drop table {lost}")
    write_day(kept, 2, FIRST_DAY, acts, {"c2"})
    assert build(kept) == built_whole(FIRST_DAY, acts)
