"""A shop for campaigns: its facts as the tables that the promotion marts read, made in an in-memory DuckDB.

Nothing of the pipeline is here; a day is a Tokyo day, and every act happens at noon of it, 03:00 UTC.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import duckdb
import numpy as np
import pyarrow as pa
from rendered import build, load_rules, write_run

from dagster_project.project import seeds
from dagster_project.sample.catalogue import build_catalogue
from dagster_project.sample.coupons import UPLIFTS
from dagster_project.sample.people import plan_people
from dagster_project.sample.purchases import STORE, Purchases, plan_purchases
from dagster_project.sample.shop import DAY, Shop

AS_OF = date(2026, 11, 20)
STARTS, ENDS = date(2026, 8, 1), date(2026, 8, 7)
OUTCOME_DAYS, PRIOR_DAYS = 60, 365
MODELS = (
    "int_marts__promotions", "int_marts__promotion_messages", "int_marts__promotion_acts",
    "int_marts__promotion_participants",
    "int_marts__campaign_ranks", "int_marts__trial_ranks",
    "int_marts__promotion_customers",
    "int_marts__promotion_strata", "int_marts__promotion_estimates", "promotion_effects", "promotion_outcomes",
    "promotion_balance",
)  # fmt: skip
MEASURES = ("purchases", "reviews", "interest_acts", "views", "visits", "social_acts", "touches")

# By how often they bought before: share of customers, chance to take part, chance to buy in the days after.
ORDERS_BEFORE = (0, 1, 3, 7)
SHARE = (0.4, 0.3, 0.2, 0.1)
TAKES_PART = (0.02, 0.08, 0.2, 0.4)
BUYS_AFTER = (0.05, 0.15, 0.35, 0.6)


@dataclass
class PromotionShop:
    """Rows of the facts; whoever appears in any is a customer known since long before, unless `persons` says else."""

    campaigns: list[tuple] = field(default_factory=list)  # id, kind, store, brand, cost, first day, last day
    orders: list[tuple] = field(default_factory=list)  # customer, day, channel, store, campaign, coupon, kind, yen
    visits: list[tuple] = field(default_factory=list)  # customer, day, store
    messages: list[tuple] = field(default_factory=list)  # customer, day, scenario, event
    arms: list[tuple] = field(default_factory=list)  # campaign, customer, arm, day
    persons: dict[str, tuple[date, bool]] = field(default_factory=dict)  # customer -> first seen, visitor

    def marts(self, **settings: str) -> duckdb.DuckDBPyConnection:
        """A database in which every promotion mart has been built as of AS_OF."""
        con = duckdb.connect()
        load_rules(con)
        con.execute(f"create table promotion_rules as from read_csv('{seeds() / 'rules' / 'promotion_rules.csv'}')")
        write_run(con, AS_OF, **SETTINGS | settings)
        self._write(con)
        build(con, *MODELS)
        return con

    def _write(self, con: duckdb.DuckDBPyConnection) -> None:
        names = {row[0] for row in [*self.orders, *self.visits, *self.messages]} | {row[1] for row in self.arms}
        persons = {name: (date(2020, 1, 1), False) for name in names} | self.persons
        measures = ", ".join(f"{measure} integer" for measure in MEASURES)
        tables: dict[str, tuple[str, list[tuple]]] = {
            "persons": (
                "customer_id varchar, anchor_key bigint, first_seen_at timestamp, is_visitor boolean",
                [(name, key, _at(seen), visitor) for key, (name, (seen, visitor)) in enumerate(persons.items())],
            ),
            "party_customers": ("party_key varchar, customer_id varchar", [(name, name) for name in persons]),
            "int_core__campaigns": (
                "campaign_id varchar, kind varchar, store_id varchar, brand_id varchar, cost decimal(18, 2),"
                " starts_on date, ends_on date",
                self.campaigns,
            ),
            "int_core__campaign_arms": (
                "campaign_id varchar, customer_id varchar, arm varchar, assigned_at timestamp",
                [(*row[:3], _at(row[3])) for row in self.arms],
            ),
            "int_core__store_visits": (
                "party_key varchar, action varchar, store_id varchar, occurred_at timestamp",
                [(name, "visit", store, _at(day)) for name, day, store in self.visits],
            ),
            "int_core__message_events": (
                "party_key varchar, action varchar, occurred_at timestamp, scenario_id varchar, message_id varchar",
                [(name, f"message_{event}", _at(day), sent_by, "m1") for name, day, sent_by, event in self.messages],
            ),
            "int_marts__brand_days": (f"customer_id varchar, brand_id varchar, occurred_on date, {measures}", []),
            "int_marts__brand_group_days": (
                f"customer_id varchar, group_id varchar, occurred_on date, {measures}",
                [],
            ),
            "orders": (
                "customer_id varchar, ordered_at timestamp, ordered_on date, channel varchar, store_id varchar,"
                " campaign_id varchar, coupon_code varchar, is_counted boolean, is_trial boolean, is_return boolean,"
                " net_amount decimal(18, 2)",
                [
                    (name, _at(day), day, *named, kind == "counted", kind == "trial", kind == "return", yen)
                    for name, day, *named, kind, yen in self.orders
                ],
            ),
        }
        for table, (columns, rows) in tables.items():
            _table(con, table, columns, rows)


SETTINGS = {
    "promotion_outcome_days": str(OUTCOME_DAYS),
    "promotion_prior_days": str(PRIOR_DAYS),
    "promotion_sales_bands": "1 10000 30000",
    "promotion_brand_group": "house",
    "promotion_min_customers": "30",
    "promotion_confidence": "0.95",
    "rank_window_days": "365",
}


def _at(day: date) -> datetime:
    return datetime.combine(day, time(3))


def _table(con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: list[tuple]) -> None:
    con.execute(f"create table {name} ({columns})")
    if rows:
        values = {f"c{number}": list(column) for number, column in enumerate(zip(*rows, strict=True))}
        con.register("given", pa.table(values))
        con.execute(f"insert into {name} from given")
        con.unregister("given")


def simulated(members: int, days: int, seed: int) -> tuple[PromotionShop, Purchases]:
    """The simulator's shop as facts (its persons taken for customers), up to AS_OF, and the plan behind it."""
    shop = Shop(members, days, seed, AS_OF)
    catalogue = build_catalogue(shop)
    plan = plan_purchases(shop, catalogue, plan_people(shop, catalogue))
    names = np.array([*UPLIFTS, None], object)[plan.coupon]
    dates = shop.dates(plan.at // DAY).astype(object)
    kinds = np.where(plan.is_counted, "counted", np.where(plan.is_trial, "trial", "cancelled"))
    orders = [
        (f"c{who}", day, "store" if channel == STORE else "ec", None, None, coupon, kind, int(yen))
        for who, day, channel, coupon, kind, yen in zip(
            plan.person, dates, plan.channel, names, kinds, plan.remains, strict=True
        )
        if who >= 0
    ]
    campaigns = [
        (name, "coupon", None, None, 1, *shop.dates(np.array(catalogue.campaigns[name])).astype(object))
        for name in UPLIFTS
    ]
    campaigns.append(("welcome_mail", "mail", None, None, 1, shop.first_day, AS_OF))
    mail = plan.effects["welcome_mail"]
    arms = [
        ("welcome_mail", f"c{who}", "treated" if treated else "control", day)
        for who, treated, day in zip(
            mail["person"], mail["treated"], shop.dates(mail["sent_at"] // DAY).astype(object), strict=True
        )
    ]
    return PromotionShop(campaigns=campaigns, orders=orders, arms=arms), plan


def planted_coupon(seed: int, effect: float, customers: int = 4000) -> PromotionShop:
    """A coupon that is taken the likelier, the more somebody bought before, as is buying in the days after; of those
    who took it `effect` more (a share) buy then."""
    rng = np.random.default_rng(seed)
    shop = PromotionShop(campaigns=[("coupon", "coupon", None, None, 100_000, STARTS, ENDS)])
    shop.persons = {f"c{number}": (date(2020, 1, 1), False) for number in range(customers)}
    groups = rng.choice(len(SHARE), customers, p=SHARE)
    for number, group in enumerate(groups):
        takes = rng.random() < TAKES_PART[group]
        days = [STARTS - timedelta(days=int(back)) for back in rng.integers(1, 300, ORDERS_BEFORE[group])]
        if rng.random() < BUYS_AFTER[group] + effect * takes:
            days.append(ENDS + timedelta(days=int(rng.integers(1, OUTCOME_DAYS + 1))))
        channels = rng.choice(["ec", "store"], len(days))
        yen = rng.integers(500, 9000, len(days))
        shop.orders += [
            (f"c{number}", day, str(channel), None, None, None, "counted", int(amount))
            for day, channel, amount in zip(days, channels, yen, strict=True)
        ]
        if takes:
            day = STARTS + timedelta(days=int(rng.integers(0, (ENDS - STARTS).days + 1)))
            shop.orders.append((f"c{number}", day, "ec", None, None, "coupon", "counted", 3000))
    return shop
