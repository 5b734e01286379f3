"""A small shop in memory, of which every day is another: what insights read, and their models built over it."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from models import Models

from dagster_project.project import seeds

FIRST_DAY = date(2026, 3, 1)
CUSTOMERS = [f"c{number}" for number in range(40)]
PRODUCTS = [f"p{number}" for number in range(8)]
CHANNELS = ("email", "line", "sms", "push", "dm")
# Windows so short that each day something leaves them.
SETTINGS = {
    "backtest_customers": "3",
    "backtest_days": "4",
    "backtest_positions": "2",
    "pair_window_days": "30",
    "recommendation_bought_days": "7",
    "recommendation_candidates": "2",
    "recommendation_new_days": "5",
    "recommendation_repeat_cycles": "3",
    "recommendation_repeat_orders": "1",
    "recommendation_replenishment_days": "3",
    "recommendation_store_days": "5",
    "recommendation_store_products": "2",
    "recommendation_viewed_days": "3",
    "recommendations_per_kind": "1",
    "score_half_life_days": "0",
    "session_gap_minutes": "30",
    "tag_subscription_days": "3",
}
KEPT_BY_ACTS = [
    *("activity", "order_totals", "order_tags", "favourites", "favourite_since", "open_carts"),
    "customer_products",
]
KEPT = ["person_ids", "web_sessions", "customer_rows", "fact_tags"]
KINDS = ["category", "new_from_brand", "pairs_with_store", "recently_viewed", "repeat", "seasonal"]
RECOMMENDING = [
    *(
        "seasonal_rules",
        "recommendation_products",
        "recommendation_inputs",
        "recommendation_scope",
        "product_purchases",
    ),
    *("recommendation_partners", *(f"recommended_{kind}" for kind in KINDS), "kept_recommendations"),
]
MARTS = ("customers", "tags", "recommendations")
TABLES = """
    create table int_core__changed_customers (change_no bigint, as_of_end_at timestamp, customer_id varchar);
    create table persons (customer_id varchar, anchor_key bigint, is_visitor boolean, first_seen_at timestamp);
    create table person_attributes (customer_id varchar, gender varchar, birth_date date, prefecture varchar,
        member_rank varchar);
    create table identity_map (customer_id varchar, anchor_key bigint, identifier_kind varchar, identifier_key bigint);
    create table identifier_values (identifier_key bigint, value varchar);
    create table rf_customers (customer_id varchar, recency_months integer, frequency bigint, segment varchar);
    create table scores (customer_id varchar, product bigint, lifestyle bigint, lifestance bigint, total bigint);
    create table touchpoints (customer_id varchar, touchpoint_id varchar, source varchar, channel varchar,
        action varchar, product_id varchar, quantity bigint, visit_source varchar, occurred_at timestamp,
        occurred_on date);
    create view int_core__changed_touchpoints as select * from touchpoints
        where occurred_at < (select as_of_end_at from run.context) and customer_id in (
            select customer_id from int_core__changed_customers
            where change_no = (select max(change_no) from int_core__changed_customers));
    create table orders (order_id varchar, customer_id varchar, channel varchar, store_id varchar, is_counted boolean,
        is_trial boolean, is_gift boolean, is_subscription boolean, net_amount decimal(18, 2), ordered_at timestamp,
        ordered_on date);
    create table order_items (order_id varchar, customer_id varchar, product_id varchar, brand_id varchar,
        category varchar, quantity bigint, amount decimal(18, 2), is_counted boolean, ordered_at timestamp);
    create table stg_products (product_id varchar, brand_id varchar, category varchar, replenishment_days bigint,
        launched_on date, withdrawn_on date, is_trial boolean);
    create table stg_campaigns (campaign_id varchar, brand_id varchar, starts_on date, ends_on date);
    create table int_marts__basket_pairs (as_of date, level varchar, basis varchar, left_id varchar, right_id varchar,
        confidence_left_to_right double, confidence_right_to_left double, lift double);
    create table int_insights__act_tags (customer_id varchar, tag varchar, value varchar, since date);
    insert into stg_campaigns values ('k1', 'b1', date '2026-03-12', date '2026-03-14');
    create table seasonal_rules (rule_id varchar, position bigint, from_day varchar, to_day varchar, gender varchar,
        age_from varchar, age_to varchar, min_gift_orders bigint, gift_days bigint, category varchar, brand_id varchar,
        campaign_id varchar);
    insert into seasonal_rules values
        ('spring', 1, '03-05', '03-20', 'female', '30s', null, null, null, 'even', null, null),
        ('gifts', 2, null, null, null, null, null, 1, 5, null, 'b0', null),
        ('campaign', 3, null, null, null, null, null, null, null, null, null, 'k1');
"""


@dataclass
class Shop:
    """What there is to know: orders and views that have landed, also of days to come."""

    chance: random.Random
    orders: dict[str, dict] = field(default_factory=dict)
    views: dict[str, dict] = field(default_factory=dict)
    persons: dict[str, dict] = field(default_factory=dict)
    products: dict[str, dict] = field(default_factory=dict)
    lifts: dict[tuple[str, str], float] = field(default_factory=dict)

    def open(self) -> None:
        """Products, most of the customers, and a month of what they did."""
        for number, product in enumerate(PRODUCTS):
            self.products[product] = {
                "brand_id": f"b{number % 3}",
                "category": "odd" if number % 2 else "even",
                "replenishment_days": [None, 2, 6][number % 3],
                "launched_on": FIRST_DAY + timedelta(days=2 * number - 4),
                "withdrawn_on": FIRST_DAY + timedelta(days=5) if number == 5 else None,
            }
        for customer in CUSTOMERS[:34]:
            self.come(customer, FIRST_DAY)
        for number in range(160):
            self.act(FIRST_DAY + timedelta(days=number % 24 - 18), number)

    def come(self, customer: str, day: date) -> None:
        """A customer is known; his band of age changes within the days that are looked at."""
        birthday = FIRST_DAY + timedelta(days=self.chance.randrange(16))
        self.persons[customer] = {
            "first_seen_at": datetime.combine(day, time(1)),
            "gender": self.chance.choice(["female", "male"]),
            "birth_date": birthday.replace(year=1996),
            "ids": {self.chance.randrange(1000) for _ in range(self.chance.randrange(3))},
            "consents": {self.chance.choice(CHANNELS)},
            "score": self.chance.randrange(9),
        }

    def act(self, day: date, number: int) -> None:
        """Somebody buys or looks, on some hour of the day."""
        customer = self.chance.choice(sorted(self.persons))
        [product] = self.chance.choices(PRODUCTS, weights=range(24, 0, -3))  # so that places seldom move
        at = datetime.combine(day, time(self.chance.randrange(15)))
        if self.chance.random() < 0.4:
            self.views[f"t{number}"] = {"customer_id": customer, "product_id": product, "at": at}
            return
        self.orders[f"o{number}"] = {
            "customer_id": customer,
            "product_id": product,
            "at": at,
            "channel": self.chance.choice(["ec", "store"]),
            "is_gift": self.chance.random() < 0.3,
            "is_subscription": self.chance.random() < 0.3,
            "amount": self.chance.randrange(1, 5) * 100,
        }

    def pass_day(self, as_of: date, number: int) -> set[str]:
        """What a day brings, late and early rows too; returns whose acts or orders it has changed."""
        before = {customer: self.acts_of(customer) for customer in self.persons}
        for offset in range(3):
            self.act(as_of + timedelta(days=self.chance.choice([-5, 0, 0, 0, 2])), 100 * number + offset)
        if self.chance.random() < 0.3:
            gone = self.chance.choice(sorted(self.orders))
            self.orders.pop(gone)
        if self.chance.random() < 0.4:
            moved = self.chance.choice(sorted(self.orders))
            self.orders[moved] |= {"customer_id": self.chance.choice(sorted(self.persons))}
        product = self.products[self.chance.choice(PRODUCTS)]
        if self.chance.random() < 0.1:
            product |= {"replenishment_days": self.chance.choice([None, 2, 6])}
        person = self.persons[self.chance.choice(sorted(self.persons))]
        person |= {"consents": {self.chance.choice(CHANNELS)}, "gender": self.chance.choice(["female", "male"])}
        if self.chance.random() < 0.5:
            person["ids"] = person["ids"] ^ {self.chance.randrange(1000)}
        changed = {customer for customer, acts in before.items() if acts != self.acts_of(customer)}
        waiting = [customer for customer in CUSTOMERS if customer not in self.persons]
        if waiting and self.chance.random() < 0.4:
            self.come(waiting[0], as_of)
            changed.add(waiting[0])
        if len(self.persons) > 4 and self.chance.random() < 0.2:
            gone = self.chance.choice(sorted(self.persons))
            self.persons.pop(gone)
            for rows in (self.orders, self.views):
                for key in [key for key, row in rows.items() if row["customer_id"] == gone]:
                    rows.pop(key)
            changed.add(gone)
        self.lifts = {(PRODUCTS[0], other): 1.1 + self.chance.random() for other in PRODUCTS[1:]}
        return changed

    def acts_of(self, customer: str) -> list[tuple]:
        """All that is his."""
        rows = [*self.orders.items(), *self.views.items()]
        return [(key, *row.values()) for key, row in rows if row["customer_id"] == customer]

    def becoming_visible(self, after: date, as_of: date) -> set[str]:
        """Whose rows have waited for these days."""
        rows = [*self.orders.values(), *self.views.values()]
        return {row["customer_id"] for row in rows if after < row["at"].date() <= as_of}


def warehouse() -> Models:
    """The tables that insights read, without rows of customers."""
    made = Models()
    made.con.execute(TABLES)
    consents = ", ".join(f"consent_{channel} boolean" for channel in CHANNELS)
    made.con.execute(f"create table int_insights__person_consents (customer_id varchar, {consents})")
    made.con.executemany("insert into run.settings values (?, ?)", list(SETTINGS.items()))
    for rules in ("tag_rules", "price_bands", "recommendation_kinds"):
        made.con.execute(f"create table {rules} as from read_csv('{seeds()}/rules/{rules}.csv')")
    return made


def write_day(made: Models, shop: Shop, number: int, as_of: date, changed: set[str] | None) -> None:
    """All that has landed by the run's day, and who has changed; everybody, where it is none."""
    end = datetime.combine(as_of, time(15))
    for table in (
        *("run.context", "persons", "person_attributes", "identity_map", "identifier_values", "rf_customers", "scores"),
        *("touchpoints", "orders", "order_items", "stg_products", "int_marts__basket_pairs"),
        "int_insights__person_consents",
    ):
        made.con.execute(f"delete from {table}")
    put(made, "run.context", [(as_of, end, "salt", False)])
    log = ["", *([None] if changed is None else sorted(changed))]
    put(made, "int_core__changed_customers", [(number, end, customer) for customer in log])
    persons = list(shop.persons.items())
    put(made, "persons", [(who, int(who[1:]), False, person["first_seen_at"]) for who, person in persons])
    put(
        made,
        "person_attributes",
        [(who, person["gender"], person["birth_date"], None, None) for who, person in persons],
    )
    ids = [(who, key, key % 2) for who, person in persons for key in person["ids"]]
    kinds = ("member_id", "card_no")
    put(made, "identity_map", [(who, int(who[1:]), kinds[odd], int(who[1:]) * 1000 + key) for who, key, odd in ids])
    put(made, "identifier_values", [(int(who[1:]) * 1000 + key, f"v{key}") for who, key, _ in ids])
    agreed = [(who, *(channel in person["consents"] for channel in CHANNELS)) for who, person in persons]
    put(made, "int_insights__person_consents", agreed)
    months = [(who, ((as_of - FIRST_DAY).days + int(who[1:])) // 9) for who, _ in persons]  # a ninth of them each day
    put(made, "rf_customers", [(who, passed, 1, f"s{passed}") for who, passed in months])
    put(made, "scores", [(who, *[len(shop.acts_of(who))] * 4) for who, _ in persons])
    views = [
        (row["customer_id"], key, "web_events", "web", action, row["product_id"], 1, key, row["at"], row["at"].date())
        for key, row in shop.views.items()
        for action in ("product_view", "add_to_cart")
    ]
    put(made, "touchpoints", views)
    orders, lines = [], []
    for key, row in shop.orders.items():
        who, what = row["customer_id"], shop.products[row["product_id"]]
        rest = [row["is_gift"], row["is_subscription"], row["amount"], row["at"], row["at"].date()]
        orders.append((key, who, row["channel"], "s1", True, False, *rest))
        line = (row["product_id"], what["brand_id"], what["category"], 1, row["amount"], True, row["at"])
        lines.append((key, who, *line))
    put(made, "orders", orders)
    put(made, "order_items", lines)
    products = [(product, *row.values(), False) for product, row in shop.products.items()]
    put(made, "stg_products", products)
    days = (as_of, as_of - timedelta(days=int(SETTINGS["backtest_days"])))
    pairs = [
        (day, "product", "basket", *both, lift / 3, lift / 4, lift) for both, lift in shop.lifts.items() for day in days
    ]
    put(made, "int_marts__basket_pairs", pairs)


def put(made: Models, table: str, rows: list[tuple]) -> None:
    """Rows into a table, all by one statement."""
    if rows:
        one = f"({', '.join('?' * len(rows[0]))})"
        made.con.execute(
            f"insert into {table} values {', '.join([one] * len(rows))}", [value for row in rows for value in row]
        )


def build(made: Models, but_the_last: bool = False) -> dict[str, list[tuple]]:
    """The marts of the day. A run may die before its last table."""
    for model in [*KEPT_BY_ACTS, *KEPT, *(RECOMMENDING[:-1] if but_the_last else RECOMMENDING)]:
        made.build(f"int_insights__{model}")
    if not but_the_last:
        for mart in MARTS:
            made.build(mart)
    return {} if but_the_last else {mart: made.rows(f"from {mart}") for mart in MARTS}
