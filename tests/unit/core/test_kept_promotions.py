"""What stands of customers around campaigns, kept from day to day, is what would be made anew."""

import random
from datetime import date, datetime, time, timedelta

import pytest
from models import Crash, Models

from dagster_project.project import seeds

FIRST_DAY = date(2026, 5, 1)
TABLE = "int_marts__promotion_customers"
ROWS = f"from {TABLE}"
CUSTOMERS = [f"c{number}" for number in range(30)]
SETTINGS = {"promotion_prior_days": "60", "promotion_outcome_days": "3", "promotion_sales_bands": "1 500 1500"}
# campaign_id, is_randomised, first day, last day; the second is over with the third day, the third is a trial
CAMPAIGNS = [
    ("early", False, FIRST_DAY - timedelta(days=30), FIRST_DAY - timedelta(days=28)),
    ("later", False, FIRST_DAY - timedelta(days=9), FIRST_DAY - timedelta(days=1)),
    ("trial", True, FIRST_DAY - timedelta(days=20), FIRST_DAY + timedelta(days=20)),
]
TABLES = """
    create table int_core__changed_customers (change_no bigint, as_of_end_at timestamp, customer_id varchar);
    create table persons (customer_id varchar, anchor_key bigint, first_seen_at timestamp, is_visitor boolean);
    create table orders (customer_id varchar, ordered_at timestamp, ordered_on date, channel varchar,
        is_counted boolean, is_trial boolean, is_return boolean, net_amount decimal(18, 2));
    create table int_marts__campaign_ranks (campaign_no integer, person_key bigint, rank_position_before integer,
        rank_position_after integer);
    create table int_marts__trial_ranks as from int_marts__campaign_ranks;
    create table int_marts__promotions (campaign_no integer, campaign_id varchar, is_randomised boolean,
        brand_id varchar, starts_on date, ends_on date, over_on date, starts_at timestamp, ends_at timestamp,
        over_at timestamp, is_over boolean);
    create table int_marts__promotion_participants (campaign_no integer, person_key bigint, is_randomised boolean,
        is_treated boolean, is_known_before boolean, is_late boolean, is_open boolean, since_at timestamp,
        from_at timestamp, until_at timestamp)
"""


def start(day: date) -> datetime:
    return datetime.combine(day, time()) - timedelta(hours=9)


def insert(made: Models, table: str, rows: list[tuple]) -> None:
    """One statement: row by row takes most of a test's time."""
    values = ", ".join([f"({', '.join('?' * len(rows[0]))})"] * len(rows))
    made.con.execute(f"insert into {table} values {values}", [value for row in rows for value in row])


class Shop:
    """What happens around campaigns, and the table that is kept of it."""

    def __init__(self) -> None:
        self.random = random.Random(11)
        self.seen = {customer: FIRST_DAY - timedelta(days=90) for customer in CUSTOMERS}
        self.orders = [self.an_order(FIRST_DAY - timedelta(days=self.random.randrange(80))) for _ in range(120)]
        self.parts = {  # campaign_no, customer -> first act, is_treated
            (number, customer): (starts + timedelta(days=1), self.random.random() < 0.7)
            for number, (_, _, starts, _) in enumerate(CAMPAIGNS, 1)
            for customer in self.random.sample(CUSTOMERS, 8)
        }
        self.campaigns = list(CAMPAIGNS)
        self.brands = {1: "b1", 2: None, 3: "b1"}
        self.kept = self.warehouse()

    def an_order(self, day: date) -> tuple:
        amount = self.random.choice([100, 400, 900])
        return self.random.choice(CUSTOMERS), day, self.random.choice(["ec", "store"]), amount

    def warehouse(self) -> Models:
        made = Models()
        made.con.execute(TABLES)
        made.con.executemany("insert into run.settings values (?, ?)", list(SETTINGS.items()))
        for rules in ("rf_segments", "rank_rules"):
            made.con.execute(f"create table {rules} as from read_csv('{seeds() / 'rules' / rules}.csv')")
        return made

    def write(self, made: Models, number: int, as_of: date, changed: set[str | None]) -> None:
        """The run's day, all that is known by then, and who has changed."""
        end = datetime.combine(as_of, time(15))
        for table in TABLES.split("create table ")[1:]:
            if (name := table.split()[0]) != "int_core__changed_customers":
                made.con.execute(f"delete from {name}")
        made.con.execute("delete from run.context")
        made.con.execute("insert into run.context values (?, ?, 'salt', false)", [as_of, end])
        insert(made, "int_core__changed_customers", [(number, end, customer) for customer in ["", *changed]])
        insert(made, "persons", [(who, int(who[1:]), day, False) for who, day in self.seen.items()])
        insert(
            made,
            "orders",
            [
                (who, start(day), day, channel, True, False, False, amount)
                for who, day, channel, amount in self.orders
                if who in self.seen and day <= as_of
            ],
        )
        campaigns, ranks, parts, over = [], [], [], {}
        for campaign_no, (name, is_randomised, starts, ends) in enumerate(self.campaigns, 1):
            over[campaign_no] = ends + timedelta(days=3)
            days = (starts, ends, over[campaign_no])
            times = (start(starts), start(ends + timedelta(days=1)), start(over[campaign_no] + timedelta(days=1)))
            brand = self.brands[campaign_no]
            campaigns.append((campaign_no, name, is_randomised, brand, *days, *times, over[campaign_no] <= as_of))
            if not is_randomised and over[campaign_no] <= as_of:
                places = [(int(who[1:]), (int(who[1:]) + (brand == "b2")) % 3 + 1) for who in self.seen]
                ranks += [(campaign_no, person, place, 1) for person, place in places]
        for (campaign_no, who), (day, is_treated) in self.parts.items():
            _, is_randomised, starts, ends = self.campaigns[campaign_no - 1]
            until = start(day + timedelta(days=3)) if is_randomised else start(over[campaign_no] + timedelta(days=1))
            known, late = is_randomised or self.seen[who] < starts, not is_randomised and day > ends
            counts_from = start(day) if is_randomised else start(ends + timedelta(days=1))
            flags = (is_randomised, is_treated, known, late, until > end)
            parts.append((campaign_no, int(who[1:]), *flags, start(day), counts_from, until))
        insert(made, "int_marts__promotions", campaigns)
        insert(made, "int_marts__campaign_ranks", ranks)
        insert(made, "int_marts__promotion_participants", parts)

    def day(self, number: int, as_of: date, changed: set[str | None], crashes: bool = False) -> list[tuple]:
        """Build the kept table for a day, and hold it against one that has never seen another day."""
        self.write(self.kept, number, as_of, changed)
        if crashes:
            with pytest.raises(Crash):
                self.kept.build(TABLE, crashes=True)
            return []
        self.kept.build(TABLE)
        anew = self.warehouse()
        self.write(anew, 1, as_of, set())
        anew.build(TABLE)
        found = self.kept.rows(ROWS)
        assert found == anew.rows(ROWS), f"day {number}"
        return found


def test_day_after_day_the_same_as_built_whole() -> None:
    shop = Shop()
    campaigns = []
    for number, later in enumerate((0, 1, 2, 3, 4, 7, 6, 8), 1):
        as_of = FIRST_DAY + timedelta(days=later)
        changed: set[str | None] = set()
        if number > 1:
            shop.orders += [order := shop.an_order(as_of - timedelta(days=later))]
            gone = shop.orders.pop(shop.random.randrange(50))
            changed = {order[0], gone[0]}
            # Who takes part otherwise, or no more, is seen without having changed.
            first, second, *_ = shop.parts
            shop.parts[first] = (shop.parts[first][0] + timedelta(days=later), not shop.parts[first][1])
            del shop.parts[second]
        if number == 3:
            # Of who take part in nothing, one is somebody else by now, and one is known only since the first campaign.
            gone, late = sorted(set(CUSTOMERS) - {who for _, who in shop.parts})[:2]
            del shop.seen[gone]
            shop.seen[late] = CAMPAIGNS[0][3]
            changed |= {gone, late}
        if number == 5:
            shop.campaigns[0] = (*CAMPAIGNS[0][:3], CAMPAIGNS[0][3] + timedelta(days=1))
        if number == 6:
            shop.brands[2] = "b2"  # whose ranks count, with no other day and nobody who has changed
        found = shop.day(number, as_of, {None} if later == 6 else changed, crashes=number == 4)
        campaigns.append({row[0] for row in found})
    assert campaigns[0] == {"early", "trial"}
    assert campaigns[-1] == {"early", "later", "trial"}


def test_of_an_ordinary_day_only_the_changed_are_made() -> None:
    shop = Shop()
    shop.day(1, FIRST_DAY + timedelta(days=5), set())
    bought = f"select person_key, max(orders_before) from {TABLE} where campaign_id = 'later' group by person_key"
    before = dict(shop.kept.rows(bought))
    # Orders that no change was noted of show whether a row was made again.
    shop.orders += [(who, FIRST_DAY - timedelta(days=40), "ec", 100) for who in ("c1", "c2")]
    shop.write(shop.kept, 2, FIRST_DAY + timedelta(days=6), {"c2"})
    shop.kept.build(TABLE)
    after = dict(shop.kept.rows(bought))
    assert after == before | {2: before[2] + 1}
