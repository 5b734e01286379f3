"""The events of planned web sessions, a span of days at a time, so that memory holds no more than a month."""

import numpy as np
import pyarrow as pa

from dagster_project.sample import browsing as web
from dagster_project.sample.browsing import Browsing
from dagster_project.sample.catalogue import Catalogue, media_code
from dagster_project.sample.identifiers import Identifiers
from dagster_project.sample.people import GUEST, People
from dagster_project.sample.profiles import email_then
from dagster_project.sample.purchases import Purchases
from dagster_project.sample.shop import DAY, Shop
from dagster_project.sample.text import blank, digits, join, moments, numbered, pick
from dagster_project.sample.words import BRANDS, INFORMATION_KINDS

NAMES = (
    "page_view", "product_view", "content_view", "search", "add_to_cart", "remove_from_cart",
    "begin_checkout", "purchase", "login", "sign_up", "reserve_visit", "survey",
)  # fmt: skip
CODE = {name: code for code, name in enumerate(NAMES)}
PLAIN = (
    ("page_view", 0.24),
    ("product_view", 0.56),
    ("content_view", 0.10),
    ("search", 0.08),
    ("reserve_visit", 0.01),
    ("survey", 0.01),
)
SOURCES = (  # referrer, utm_source, utm_medium, utm_campaign
    ("", "", "", ""),
    ("https://www.google.com/", "google", "organic", ""),
    ("https://mail.example.jp/", "newsletter", "email", "monthly"),
    ("https://line.me/", "line", "social", ""),
    ("https://www.instagram.com/", "instagram", "social", "creator"),
)
DEVICES = ("smartphone", "smartphone", "smartphone", "pc", "tablet")
HOUSE_CONTENTS = 12

Steps = dict[str, np.ndarray]  # session, code, offset, product, content, order


def web_events(
    shop: Shop, catalogue: Catalogue, people: People, purchases: Purchases, plan: Browsing,
    ids: Identifiers, span: tuple[int, int], first_number: int,
) -> pa.Table:  # fmt: skip
    """All events of the sessions that begin on the days `span` (both included), in time order, numbered from
    `first_number`.
    """
    low, high = np.searchsorted(plan.start, [span[0] * DAY, (span[1] + 1) * DAY])
    rng = shop.rng("events", span[0])
    steps = _steps(rng, catalogue, people, purchases, plan, np.arange(low, high))
    at = plan.start[steps["session"]] + steps["offset"]
    order = np.lexsort((steps["code"], steps["session"], at))
    steps = {name: values[order] for name, values in steps.items()}
    at, session, code = at[order], steps["session"], steps["code"]
    person, visitor = plan.person[session], plan.visitor[session]
    known = plan.logged_in[session] & ((steps["offset"] >= web.LOGIN_AFTER) | plan.on_tablet[session])
    known |= code == CODE["sign_up"]
    tells_email = (code == CODE["begin_checkout"]) & ~plan.logged_in[session]
    tells_email &= (people.kind[person] == GUEST) | (plan.kind[session] == web.ORDER)
    product = steps["product"]
    by_code = rng.random(len(at)) < 0.2
    codes = catalogue.product_ids + [media_code(i) for i in range(len(catalogue.product_ids))]
    number = np.where(product < 0, -1, product + by_code * len(catalogue.product_ids))
    source = (session * 2_654_435_761 >> 7) % len(SOURCES)
    entry = steps["offset"] == 0
    value = np.where(code == CODE["purchase"], purchases.total[np.maximum(steps["order"], 0)], -1)
    value = np.where(np.isin(code, (CODE["add_to_cart"], CODE["remove_from_cart"])), catalogue.price[product], value)
    sessions_source = np.where(entry & (source > 0), source, -1)
    columns = {
        "event_id": numbered("e", first_number + np.arange(len(at)), 10),
        "occurred_at": moments(shop, at),
        "visitor_id": ids.visitor(visitor),
        "member_id": ids.member(np.where(known, person, -1)),
        "email": email_then(shop, people, ids, np.where(tells_email, person, -1), at),
        "event_name": pick(list(NAMES), code),
        "url": _urls(catalogue, code, product, steps["content"]),
        "referrer": pick([row[0] for row in SOURCES], sessions_source),
        "utm_source": pick([row[1] for row in SOURCES], sessions_source),
        "utm_medium": pick([row[2] for row in SOURCES], sessions_source),
        "utm_campaign": pick([row[3] for row in SOURCES], sessions_source),
        "product_id": pick(codes, number),
        "content_id": numbered("K", steps["content"], 4),
        "order_id": ids.order(steps["order"]),
        "quantity": pick(["1"], np.where(np.isin(code, (CODE["add_to_cart"], CODE["remove_from_cart"])), 0, -1)),
        "value": blank(digits(value), value < 0),
        "device": pick(list(DEVICES), visitor * 7 % len(DEVICES)),
    }
    return pa.table({**columns, "_day": pa.array(plan.start[session] // DAY)})


def _steps(
    rng: np.random.Generator,
    catalogue: Catalogue,
    people: People,
    purchases: Purchases,
    plan: Browsing,
    sessions: np.ndarray,
) -> Steps:
    """Every session's events: scripts for the planned ones, drawn pages for the plain ones."""
    kind, ref = plan.kind[sessions], plan.ref[sessions]
    none = np.full(len(sessions), -1)
    is_cart, is_order = (kind == web.CART) | (kind == web.EMPTIED), kind == web.ORDER
    order = np.where(is_order, ref, 0)
    first_line = np.searchsorted(purchases.line_order, order)
    product = np.select([is_cart, is_order], [ref, purchases.line_product[first_line]], -1)
    is_touch = kind == web.TOUCH
    content = np.full(len(sessions), -1)
    content[is_touch] = plan.touches["content"][ref[is_touch]]
    counted = is_order & purchases.is_counted[order]  # a cart is only begun where an order will end it
    script = (
        ("page_view", 0, kind >= 0, none, none),
        ("login", web.LOGIN_AFTER, plan.logged_in[sessions] & ~plan.on_tablet[sessions], none, none),
        ("sign_up", 60, kind == web.SIGN_UP, none, none),
        ("content_view", web.CONTENT_AFTER, is_touch, none, content),
        ("product_view", 35, is_cart | is_order, product, none),
        ("add_to_cart", web.ADD_AFTER, is_cart, product, none),
        ("remove_from_cart", web.REMOVE_AFTER, kind == web.EMPTIED, product, none),
        ("add_to_cart", 180, counted, product, none),
        ("begin_checkout", 300, is_order, none, none),
    )
    parts: list[tuple[np.ndarray, ...]] = [
        (
            sessions[where],
            np.full(where.sum(), CODE[name]),
            np.full(where.sum(), offset),
            goods[where],
            page[where],
            none[where],
        )
        for name, offset, where, goods, page in script
    ]
    done = sessions[is_order]
    empty = np.full(len(done), -1)
    bought = np.full(len(done), CODE["purchase"])
    parts.append((done, bought, np.full(len(done), web.CHECKOUT), empty, empty, ref[is_order]))
    parts.append(_plain(rng, catalogue, people, plan, sessions[kind == web.BROWSE]))
    names = ("session", "code", "offset", "product", "content", "order")
    return {name: np.concatenate([part[i] for part in parts]) for i, name in enumerate(names)}


def _plain(
    rng: np.random.Generator, catalogue: Catalogue, people: People, plan: Browsing, sessions: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Pages after the first of plain sessions; contents are the house's own, so that brands are touched by
    plan alone.
    """
    count = np.minimum(rng.poisson(web.VIEWS, len(sessions)), 14)
    session = np.repeat(sessions, count)
    place = np.arange(len(session)) - np.repeat(np.cumsum(count) - count, count)
    offset = 30 + place * 75 + rng.integers(0, 70, len(session))
    choice = np.searchsorted(np.cumsum([share for _, share in PLAIN]), rng.random(len(session)))
    code = np.array([CODE[name] for name, _ in PLAIN])[np.minimum(choice, len(PLAIN) - 1)]
    person = plan.person[session]
    favourite = people.brands[person, (rng.random(len(session)) < 0.4).astype(np.int64)]
    brand = np.where(rng.random(len(session)) < 0.75, favourite, rng.integers(0, len(BRANDS), len(session)))
    starts = np.cumsum([0] + [len(products) for products in catalogue.sold])
    within = (np.diff(starts)[brand] * rng.random(len(session)) ** 1.6).astype(np.int64)
    product = np.concatenate(catalogue.sold)[starts[brand] + within]
    page = len(BRANDS) * len(INFORMATION_KINDS) + rng.integers(0, HOUSE_CONTENTS, len(session))
    product = np.where(code == CODE["product_view"], product, -1)
    content = np.where(code == CODE["content_view"], page, -1)
    return session, code, offset, product, content, np.full(len(session), -1)


def _urls(catalogue: Catalogue, code: np.ndarray, product: np.ndarray, content: np.ndarray) -> pa.Array:
    site = "https://shop.example.jp/"
    paths = {
        "search": "search?q=%E5%8C%96%E7%B2%A7%E6%B0%B4",
        "begin_checkout": "checkout",
        "purchase": "thanks",
    }
    plain = [paths.get(name, "" if name == "page_view" else name) for name in NAMES]
    goods = [f"products/{product_id}" for product_id in catalogue.product_ids]
    pages = len(BRANDS) * len(INFORMATION_KINDS) + HOUSE_CONTENTS
    words = plain + goods + [f"contents/k{number:04d}" for number in range(pages)]
    index = np.where(
        product >= 0, len(plain) + product, np.where(content >= 0, len(plain) + len(goods) + content, code)
    )
    return join(site, pick(words, index))
