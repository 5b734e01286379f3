"""Simulate a shop: plan people, purchases and browsing; write the truth; then spell out the sources from the
plan.

The truth shares no code with the pipeline, and is on disk before the first source row is.
"""

import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from dagster_project.errors import UsageError
from dagster_project.sample import acts, events, messages, profiles, sales, truth
from dagster_project.sample.browsing import plan_browsing
from dagster_project.sample.catalogue import build_catalogue
from dagster_project.sample.files import Delivery, Span
from dagster_project.sample.identifiers import Identifiers
from dagster_project.sample.people import plan_people
from dagster_project.sample.purchases import plan_purchases
from dagster_project.sample.shop import Shop

FOLDERS = (
    "members", "store_cards", "ec_orders", "ec_order_items", "pos_receipts", "pos_receipt_items",
    "store_visits", "web_events", "message_events", "reviews", "social_actions", "survey_answers",
    "privacy_requests",
    "external_attributes", "product_codes", "products", "brands", "stores", "contents", "campaigns",
)  # fmt: skip
MASTERS = ("brands", "products", "product_codes", "stores", "contents", "campaigns")


def simulate(
    members: int,
    days: int,
    seed: int,
    out: Path,
    last_day: date | None = None,
    progress: Callable[[str], None] | None = None,
    hold_back_days: int = 0,
) -> dict[str, int]:
    """Write the sources of a shop under `out`, its truth under `out/truth`; return rows written per source.

    `last_day` defaults to yesterday in Tokyo. With `hold_back_days` the files of the last days lie under
    `<out>-next` instead (same plan, same truth), to be landed later as the days that come. The same
    arguments give the same bytes. Raises UsageError where the figures make no shop, or where `out` holds
    files that are not a simulation's.
    """
    if members < 10 or days < 1 or not 0 <= hold_back_days < days:
        raise UsageError("a shop needs 10 members or more, 1 day or more, and fewer days held back than it has")
    yesterday = datetime.now(ZoneInfo("Asia/Tokyo")).date() - timedelta(days=1)
    shop = Shop(members, days, seed, last_day or yesterday, progress or (lambda _message: None))
    later = out.with_name(f"{out.name}-next")
    _clear(out, later)
    shop.progress(f"planning {members:,} members over {days} days")
    catalogue = build_catalogue(shop)
    people = plan_people(shop, catalogue)
    purchases = plan_purchases(shop, catalogue, people)
    web = plan_browsing(shop, catalogue, people, purchases)
    mails = messages.plan_messages(shop, people, purchases)
    requests = acts.plan_requests(shop, people, purchases, web)
    ids = Identifiers(people)
    shop.progress("writing the truth")
    truth.write(shop, catalogue, people, purchases, web, mails, requests, ids, out / "truth")

    delivery = Delivery(shop, out, later, hold_back_days)
    for source in MASTERS:
        delivery.write_master(source, catalogue.tables[source])
    # What builds each source's rows, and how many leading columns make its key (0: an event).
    whole = {
        "members": (partial(profiles.members, shop, people, ids), 1),
        "store_cards": (partial(profiles.store_cards, shop, people, ids), 1),
        "ec_orders": (partial(sales.ec_orders, shop, people, purchases, ids), 1),
        "ec_order_items": (partial(sales.ec_order_items, catalogue, purchases, ids), 2),
        "pos_receipts": (partial(sales.pos_receipts, shop, people, purchases, ids), 0),
        "pos_receipt_items": (partial(sales.pos_receipt_items, catalogue, purchases, ids), 0),
        "store_visits": (partial(sales.store_visits, shop, people, purchases, ids), 1),
        "message_events": (partial(messages.message_events, shop, people, mails, ids), 0),
        "reviews": (partial(acts.reviews, shop, catalogue, people, purchases, ids), 1),
        "social_actions": (partial(acts.social_actions, shop, catalogue, people, web, ids), 0),
        "survey_answers": (partial(acts.survey_answers, shop, people, ids), 0),
        "privacy_requests": (partial(acts.privacy_requests, shop, requests, ids), 0),
        "external_attributes": (partial(acts.external_attributes, shop, people, purchases, ids), 3),
    }
    for source, (build, key) in whole.items():
        shop.progress(f"writing {source}")
        table = build()
        superseded = len(table) - len(table.group_by(table.column_names[:key]).aggregate([])) if key else 0
        delivery.write(source, _by_day(table), superseded)
    shop.progress("writing web_events")
    numbered = _Numbered(partial(events.web_events, shop, catalogue, people, purchases, web, ids))
    delivery.write("web_events", numbered.rows)
    truth.write_accounts(delivery.accounts, out / "truth")
    return {source: account["rows"] for source, account in delivery.accounts.items()}


class _Numbered:
    """Web events span by span, their numbers running on."""

    def __init__(self, build: Callable[[Span, int], pa.Table]):
        self._build, self._next = build, 1

    def rows(self, span: Span) -> pa.Table:
        table = self._build(span, self._next)
        self._next += len(table)
        return table


def _by_day(table: pa.Table) -> Callable[[Span], pa.Table]:
    """Rows of a span of days out of a whole table, in the table's order within a day."""
    day = table["_day"].to_numpy()
    order = np.argsort(day, kind="stable")
    table, day = table.take(pa.array(order)), day[order]

    def rows(span: Span) -> pa.Table:
        low, high = np.searchsorted(day, [span[0], span[1] + 1])
        return table.slice(low, high - low)

    return rows


def _clear(out: Path, later: Path) -> None:
    """Take away an earlier simulation's folders; leave anything else alone."""
    if any(folder.exists() and any(folder.iterdir()) for folder in (out, later)) and not (out / "truth").is_dir():
        raise UsageError(f"{out} holds files that no simulation wrote; name an empty folder")
    for folder in (out, later):
        for source in (*FOLDERS, "truth"):
            if (folder / source).exists():
                shutil.rmtree(folder / source)
