"""A shop written by hand for lists and feeds: who does what between 27 February (the first run) and 3 March 2026; and
what stands in its home after each run.

Member `k-...` is a customer of his own, reachable by every channel and willing, unless his row says otherwise.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.pipeline.conftest import Shop
from tests.pipeline.handmade import Row, Sources
from tests.pipeline.planted import line, member, message, order, request, web

FIRST, SECOND, LAST = date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 3)
NOON = "2026-02-28T12:00:00+09:00"
WILLING = {f"{channel}_opt_in": "true" for channel in ("email", "line", "sms", "push", "dm")}
OLD = [f"k-old-{number}" for number in range(8)]
CROWD = [f"k-crowd-{number:02d}" for number in range(30)]


@dataclass
class Days:
    """The shop after all its runs, and what stood there after each."""

    shop: Shop
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    hourly: dict[str, Any] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str) -> None:
        """Remember every file that others read, by its content."""
        self.files[name] = {
            str(file.relative_to(self.shop.home)): hashlib.sha256(file.read_bytes()).hexdigest()
            for part in ("targets", "feeds", "marts", "marts.duckdb")
            for file in (
                [self.shop.home / part]
                if (self.shop.home / part).is_file()
                else sorted((self.shop.home / part).rglob("*"))
            )
            if file.is_file()
        }

    def targets(self, day: object, scenario: str) -> dict[tuple[str, str], tuple[str, str]]:
        """(member, step) -> (channel, send_at) of a day's rows, hold-outs too."""
        return {
            (self.members[row[0]], row[1]): row[2:]
            for row in self.shop.query(
                "select customer_id, step, channel, strftime(send_at, '%Y-%m-%d %H:%M') from marts.scenario_targets"
                " where as_of = ? and scenario_id = ?",
                [str(day), scenario],
            )
        }

    def reasons(self, day: object, scenario: str) -> dict[str, str]:
        """member -> reason of a day's suppressions other than hold-out."""
        return {
            self.members[row[0]]: row[1]
            for row in self.shop.query(
                "select customer_id, reason from marts.suppressions where as_of = ? and scenario_id = ?"
                " and reason <> 'holdout'",
                [str(day), scenario],
            )
        }


def shop() -> Sources:
    """All of it."""
    sources = Sources()
    sources.add("brands", {"brand_id": "b1", "name": "b1"})
    for product, trial in (("p1", ""), ("p2", ""), ("t1", "yes")):
        sources.add(
            "products", {"product_id": product, "brand_id": "b1", "name": product, "line": "white", "is_trial": trial}
        )
    for part in (_carts, _refusals, _birthdays, _orders):
        part(sources)
    sources.add("members", person("k-leaves"), name="leaving.csv")
    return sources


def person(member_id: str, **columns: str) -> Row:
    """A member with every address and consent."""
    number = abs(hash_of(member_id)) % 100_000_000
    return member(
        member_id,
        **{
            "email": f"{member_id}@example.jp",
            "phone": f"090-{number // 10000:04d}-{number % 10000:04d}",
            "line_user_id": f"L-{member_id}",
            "postal_code": "104-0061",
            "prefecture": "東京都",
            "address": "中央区銀座1-1",
            **WILLING,
        }
        | columns,
    )


def hash_of(text: str) -> int:
    """A number of its own for each text, the same in every process."""
    return int.from_bytes(text.encode(), "big") * 2654435761


def _carts(sources: Sources) -> None:
    def fills(member_id: str, at: str, **columns: str) -> None:
        sources.add("members", person(member_id, **columns))
        sources.add(
            "web_events",
            web(
                f"add-{member_id}",
                f"v-{member_id}",
                at,
                "add_to_cart",
                member_id=member_id,
                product_id="p1",
                quantity="1",
            ),
        )

    def buys(member_id: str, at: str) -> None:
        sources.add("ec_orders", order(f"cart-{member_id}", "1000", member_id=member_id, ordered_at=at))
        sources.add("ec_order_items", line(f"cart-{member_id}", 1, "p1", "1000"))

    for member_id in OLD:
        fills(member_id, "2026-02-22 10:00:00")
    fills("k-recent", "2026-02-26 10:00:00")
    fills("k-recent-bought", "2026-02-26 10:00:00")
    buys("k-recent-bought", "2026-03-02 10:00:00")
    fills("k-three-hours", "2026-02-28 09:30:00")
    fills("k-not-yet", "2026-02-28 10:30:00")
    fills("k-evening", "2026-02-28 18:30:00")
    fills("k-bought", "2026-02-28 09:00:00")
    buys("k-bought", "2026-02-28 09:45:00")
    fills("k-emptied", "2026-02-28 09:00:00")
    sources.add(
        "web_events",
        web(
            "remove",
            "v-k-emptied",
            "2026-02-28 09:20:00",
            "remove_from_cart",
            member_id="k-emptied",
            product_id="p1",
            quantity="1",
        ),
    )
    fills("k-silent", "2026-02-28 09:00:00", email_opt_in="")
    fills("k-no-address", "2026-02-28 09:00:00", email="")
    fills("k-refunded", "2026-02-28 09:00:00")
    sources.add(
        "ec_orders", order("back", "0", member_id="k-refunded", status="refunded", ordered_at="2026-02-28 09:30:00")
    )
    for member_id in CROWD:
        fills(member_id, "2026-02-28 09:15:00")


def _refusals(sources: Sources) -> None:
    for name in ("opted-out", "unsubscribed", "complained", "in-again"):
        sources.add("members", person(f"k-{name}"))
        sources.add(
            "web_events",
            web(
                f"add-{name}",
                f"v-{name}",
                "2026-02-28 09:00:00",
                "add_to_cart",
                member_id=f"k-{name}",
                product_id="p1",
                quantity="1",
            ),
        )
    # The refusal comes by another identifier of the person than the cart.
    phone = person("k-opted-out")["phone"]
    sources.add(
        "privacy_requests",
        request("1", "opt_out", "phone", phone, "2026-02-28 08:00:00", "email"),
        request("2", "opt_out", "member_id", "k-in-again", "2026-02-27 08:00:00", "email"),
        request("3", "opt_in", "member_id", "k-in-again", "2026-02-27 09:00:00", "email"),
    )
    for name in ("unsubscribed", "complained"):
        sources.add("message_events", message(name, name, "2026-02-28 08:00:00", address=f"K-{name}@Example.jp"))


def _birthdays(sources: Sources) -> None:
    for name, born in {
        "k-born-28": "1990-02-28",
        "k-born-29": "2000-02-29",
        "k-born-march": "1985-03-01",
        "k-born-27": "1990-02-27",
        "k-born-2nd": "1970-03-02",
    }.items():
        sources.add("members", person(name, birth_date=born))


def _orders(sources: Sources) -> None:
    def buys(order_id: str, member_id: str, at: str, product: str, **columns: str) -> None:
        sources.add("ec_orders", order(order_id, "1000", member_id=member_id, ordered_at=at, **columns))
        sources.add("ec_order_items", line(order_id, 1, product, "1000"))

    for name in ("trial", "trial-dm", "trial-under-way", "trial-bought", "first", "second"):
        sources.add("members", person(f"k-{name}", acquisition_channel="dm" if name == "trial-dm" else "web"))
    for name in ("trial", "trial-dm", "trial-bought"):
        buys(name, f"k-{name}", "2026-02-15 10:00:00", "t1", delivered_at="2026-02-25 12:00:00")
    buys("trial-under-way", "k-trial-under-way", "2026-02-24 10:00:00", "t1", delivered_at="")
    buys("after-trial", "k-trial-bought", "2026-02-26 10:00:00", "p1")
    buys("first", "k-first", "2026-02-21 10:00:00", "p1")
    buys("second-1", "k-second", "2026-02-21 10:00:00", "p1")
    buys("second-2", "k-second", "2026-02-25 10:00:00", "p2")
