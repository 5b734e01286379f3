"""A small shop in a DuckDB in memory, the same rows as plain data, and a judge of conditions that knows no SQL.

The judge reads the YAML data itself and looks at each row in turn: nothing of the language's own code is in it.
"""

import random
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from operator import eq, ge, gt, le, lt
from typing import Any

import duckdb

TOKYO = timedelta(hours=9)
TABLES = """
create schema marts; create schema activation;
create table marts.customers (customer_id varchar, gender varchar, age_band varchar, rf_segment varchar,
    net_sales decimal(18, 2), orders bigint, first_order_at timestamp, last_order_at timestamp, next_purchase_on date,
    member_ids varchar[], consent_email boolean, audience_score double);
create table marts.touchpoints (touchpoint_id varchar, customer_id varchar, occurred_at timestamp, occurred_on date,
    channel varchar, action varchar, brand_id varchar, product_id varchar, quantity bigint, amount decimal(18, 2),
    order_id varchar, is_first_line boolean);
create table marts.badges (customer_id varchar, badge_id varchar, earned_at timestamp);
create table marts.tags (customer_id varchar, tag varchar, value varchar, since date);
create table marts.orders (order_id varchar, customer_id varchar, ordered_at timestamp, net_amount decimal(18, 2));
create table activation.external_attributes (customer_id varchar, name varchar, value varchar, updated_at timestamp);
"""
KINDS = {
    "customers": {
        "gender": "text", "age_band": "text", "rf_segment": "text", "net_sales": "number", "orders": "number",
        "first_order_at": "time", "last_order_at": "time", "next_purchase_on": "date", "member_ids": "list",
        "consent_email": "boolean", "audience_score": "number",
    },
    "touchpoints": {
        "occurred_at": "time", "occurred_on": "date", "channel": "text", "action": "text", "brand_id": "text",
        "product_id": "text",
    },
    "badges": {"badge_id": "text", "earned_at": "time"},
    "tags": {"tag": "text", "value": "any", "since": "date"},
    "orders": {"order_id": "text", "ordered_at": "time", "net_amount": "number"},
}  # fmt: skip
ORDER = {"is": eq, "at_least": ge, "from": ge, "at_most": le, "until": le, "above": gt, "below": lt}
WINDOW = ("within", "before", "from", "until", "since")
PRODUCTS = ("P11", "P12", "P21")
MEASURES = ("count", "days", "quantity", "amount")


def utc(text: str) -> datetime:
    """The UTC time of a Tokyo clock time such as `2026-01-05 10:00`."""
    return datetime.fromisoformat(text) - TOKYO


@dataclass
class AudienceShop:
    """Rows of each mart as dicts, and the same in `con`."""

    con: duckdb.DuckDBPyConnection
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> "AudienceShop":
        con = duckdb.connect()
        con.execute(TABLES)
        return cls(con)

    def add(self, mart: str, **row: Any) -> None:
        """A row; columns that it does not name are null."""
        schema = "activation" if mart == "external_attributes" else "marts"
        self.rows.setdefault(mart, []).append(row)
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        self.con.execute(f"insert into {schema}.{mart} ({names}) values ({marks})", list(row.values()))

    def customer(self, customer_id: str, **row: Any) -> None:
        self.add("customers", customer_id=customer_id, **row)

    def act(self, customer_id: str | None, at: str | datetime, action: str, **row: Any) -> None:
        """An act at a Tokyo clock time (text) or a UTC time."""
        occurred_at = utc(at) if isinstance(at, str) else at
        number = len(self.rows.get("touchpoints", []))
        self.add(
            "touchpoints", touchpoint_id=f"t{number}", customer_id=customer_id, occurred_at=occurred_at,
            occurred_on=(occurred_at + TOKYO).date(), action=action,
            **{"channel": "web", "quantity": 0, "amount": Decimal(0), "is_first_line": True, **row},
        )  # fmt: skip

    def purchase(
        self, customer_id: str | None, at: str | datetime, order_id: str, *lines: tuple[str, int, int]
    ) -> None:
        """An order with a touchpoint for each line: (product, quantity, amount)."""
        for number, (product_id, quantity, amount) in enumerate(lines):
            self.act(
                customer_id, at, "purchase", channel="ec", order_id=order_id, product_id=product_id,
                brand_id=f"B{product_id[1]}", quantity=quantity, amount=Decimal(amount), is_first_line=number == 0,
            )  # fmt: skip


def random_shop(seed: int, around: datetime) -> AudienceShop:
    """A shop whose times crowd around `around` and the edges of Tokyo days, with unknown values everywhere."""
    rng = random.Random(seed)
    shop = AudienceShop.empty()
    people = [f"c{number}" for number in range(8)]

    def time() -> datetime:
        edge = rng.choice([timedelta(0), timedelta(hours=9), timedelta(microseconds=-1), timedelta(hours=3)])
        return around - timedelta(days=rng.choice([0, 1, 2, 6, 7, 8, 29, 30, 31, 59, 90, 365])) + edge

    def maybe(value: Any) -> Any:
        return value if rng.random() < 0.7 else None

    for person in people:
        shop.customer(
            person, gender=maybe(rng.choice(["female", "male"])), age_band=maybe(rng.choice(["20s", "30s"])),
            rf_segment=maybe(rng.choice(["loyal_active", "new_active", "new_lapsed"])),
            net_sales=Decimal(rng.choice([0, 500, 1000, 2000])), orders=rng.choice([0, 1, 2, 3]),
            first_order_at=maybe(time()), last_order_at=maybe(time()),
            next_purchase_on=maybe((around + timedelta(days=rng.randint(-9, 9))).date()),
            member_ids=rng.sample(["m1", "m2", "m3"], rng.randint(0, 2)), consent_email=maybe(rng.random() < 0.5),
            audience_score=maybe(rng.choice([0.1, 0.25, 0.5])),
        )  # fmt: skip
    for number in range(30):
        who = rng.choice([*people[:-1], None])
        shop.act(who, time(), rng.choice(["product_view", "visit", "review"]), channel=rng.choice(["web", "store"]),
                 product_id=maybe(rng.choice(PRODUCTS)), brand_id=maybe(rng.choice(["B1", "B2"])))  # fmt: skip
        if number % 3 == 0:
            lines = [(rng.choice(PRODUCTS), rng.randint(1, 3), rng.choice([500, 1500])) for _ in range(3)]
            shop.purchase(who, time(), f"ec:{number}", *lines[: rng.randint(1, 3)])
            shop.add("orders", order_id=f"ec:{number}", customer_id=who, ordered_at=time(), net_amount=Decimal(700))
    for person in people:
        for badge in ("store_regular", "product_lover"):
            if rng.random() < 0.5:
                shop.add("badges", customer_id=person, badge_id=badge, earned_at=time())
        for tag, value in (("product_views", str(rng.randint(0, 9))), ("favourite_brand", rng.choice(["B1", "B2"]))):
            if rng.random() < 0.6:
                shop.add("tags", customer_id=person, tag=tag, value=value, since=(time() + TOKYO).date())
        if rng.random() < 0.7:
            value = rng.choice(["3", "10.5", "dry", "2026-03-01", "true"])
            shop.add("external_attributes", customer_id=person, name="told", value=value)
    return shop


@dataclass(frozen=True)
class Judge:
    """Whether a person fulfils a condition, row by row. `moments`: of a scenario, by name."""

    shop: AudienceShop
    cut_off_at: datetime
    moments: dict[str, datetime]

    def fulfils(self, condition: Any, person: dict[str, Any]) -> bool:
        if isinstance(condition, list):
            return all(self.fulfils(one, person) for one in condition)
        return all(self._keyed(key, value, person) for key, value in condition.items())

    def _keyed(self, key: str, value: Any, person: dict[str, Any]) -> bool:
        if key == "all":
            return self.fulfils(value, person)
        if key == "any":
            return any(self.fulfils(one, person) for one in value)
        if key == "not":
            return not self.fulfils(value, person)
        if key == "acts":
            return self._acts(value, person)
        if key in ("first", "last"):
            return self._extreme(key, value, person)
        if key == "rows":
            rows = self._rows(value["mart"], value.get("where", {}), person)
            if "sum" in value:
                [(column, wanted)] = value["sum"].items()
                return self.passes(wanted, sum(row[column] for row in rows), "number")
            return self.passes(value.get("count", {"at_least": 1}), len(rows), "number")
        if key == "external":
            test = {name: inner for name, inner in value.items() if name != "name"}
            told = [row["value"] for row in self._of("external_attributes", person) if row["name"] == value["name"]]
            return self.passes(test, told[0] if told else None, "any")
        return self.passes(value, person.get(key), KINDS["customers"][key])

    def _of(self, mart: str, person: dict[str, Any]) -> list[dict[str, Any]]:
        return [row for row in self.shop.rows.get(mart, []) if row["customer_id"] == person["customer_id"]]

    def _rows(self, mart: str, where: dict[str, Any], person: dict[str, Any]) -> list[dict[str, Any]]:
        time = {"touchpoints": "occurred_at", "orders": "ordered_at"}.get(mart)
        return [
            row
            for row in self._of(mart, person)
            if (time is None or row[time] < self.cut_off_at)
            and all(self.passes(test, row.get(column), KINDS[mart][column]) for column, test in where.items())
        ]

    def _acts(self, value: dict[str, Any], person: dict[str, Any]) -> bool:
        where = {key: test for key, test in value.items() if key not in (*WINDOW, *MEASURES)}
        window = {key: value[key] for key in WINDOW if key in value}
        rows = self._rows("touchpoints", where | ({"occurred_at": window} if window else {}), person)
        measure = next((name for name in MEASURES if name in value), "count")
        if measure == "count":
            number = len({row["order_id"] if row["action"] == "purchase" else row["touchpoint_id"] for row in rows})
        elif measure == "days":
            number = len({row["occurred_on"] for row in rows})
        else:
            number = sum(row[measure] for row in rows)
        return self.passes(value.get(measure, {"at_least": 1}), number, "number")

    def _extreme(self, which: str, value: dict[str, Any], person: dict[str, Any]) -> bool:
        where = {key: test for key, test in value.items() if key not in (*WINDOW, "was")}
        rows = self._rows("touchpoints", where, person)
        if not rows:
            return False
        at = (min if which == "first" else max)(row["occurred_at"] for row in rows)
        window = {key: value[key] for key in WINDOW if key in value}
        then = [row for row in rows if row["occurred_at"] == at]
        was = value.get("was", {})
        kinds = KINDS["touchpoints"]
        return (not window or self.passes(window, at, "time")) and any(
            all(self.passes(test, row.get(column), kinds[column]) for column, test in was.items()) for row in then
        )

    def passes(self, test: Any, value: Any, kind: str) -> bool:
        if isinstance(test, list):
            test = {"one_of": test}
        elif not isinstance(test, dict):
            test = {"is": test}
        return all(self._passes(operator, wanted, value, kind, test) for operator, wanted in test.items())

    def _passes(self, operator: str, wanted: Any, value: Any, kind: str, test: dict[str, Any]) -> bool:
        if operator == "is_known":
            return wanted is (bool(value) if kind == "list" else value is not None)
        if kind == "any":
            value, kind = _read(value, wanted[0] if isinstance(wanted, list) else wanted)
        if operator in ("is_not", "none_of"):
            return value is None or not self._passes(
                {"is_not": "is", "none_of": "one_of"}[operator], wanted, value, kind, test
            )
        if value is None:
            return False
        if operator == "one_of":
            return any(self._passes("is", one, value, kind, test) for one in wanted)
        if operator == "since":
            moment = self.moments[wanted]
            return value >= (moment + TOKYO).date() if kind == "date" else value > moment
        if operator == "within" and "since" in test:
            moment = self.moments[test["since"]]
            if kind == "date":
                return value <= _shift(datetime.combine((moment + TOKYO).date(), datetime.min.time()), wanted, 1).date()
            return value <= _shift(moment + TOKYO, wanted, 1) - TOKYO
        if operator in ("within", "before", "ahead"):
            return self._near(operator, wanted, value, kind)
        if operator == "starts_with":
            return value.startswith(wanted)
        if operator == "between":
            return all(
                self._passes(way, one, value, kind, {})
                for way, one in zip(("at_least", "at_most"), wanted, strict=True)
            )
        if kind == "list":
            return wanted in value
        if kind == "time" and not isinstance(wanted, datetime):
            value = (value + TOKYO).date()
        return ORDER[operator](value, wanted)

    def _near(self, operator: str, length: dict[str, int], value: Any, kind: str) -> bool:
        now = self.cut_off_at + TOKYO
        if kind == "date":
            today = (now - timedelta(microseconds=1)).date()
            start = datetime.combine(today, datetime.min.time())
            then = _shift(start, length, 1 if operator == "ahead" else -1).date()
            return {"within": then < value <= today, "before": value <= then, "ahead": today < value <= then}[operator]
        then = _shift(now, length, 1 if operator == "ahead" else -1) - TOKYO
        cut = self.cut_off_at
        return {"within": then <= value < cut, "before": value < then, "ahead": cut <= value < then}[operator]


def _shift(local: datetime, length: dict[str, int], sign: int) -> datetime:
    """A Tokyo time and a length from it: calendar months, clamped to the month's end, then days and hours."""
    months = local.year * 12 + local.month - 1 + sign * length.get("months", 0)
    year, month = divmod(months, 12)
    moved = local.replace(year=year, month=month + 1, day=min(local.day, monthrange(year, month + 1)[1]))
    return moved + sign * timedelta(days=length.get("days", 0), hours=length.get("hours", 0))


def _read(text: str | None, wanted: Any) -> tuple[Any, str]:
    """A text that may hold anything, as what it is compared with."""
    if isinstance(wanted, bool):
        return {"true": True, "false": False}.get(text or ""), "boolean"
    if isinstance(wanted, int | float):
        try:
            return (None if text is None else Decimal(text)), "number"
        except ArithmeticError:
            return None, "number"
    if isinstance(wanted, date | dict):
        try:
            return (None if text is None else date.fromisoformat(text)), "date"
        except ValueError:
            return None, "date"
    return text, "text"
