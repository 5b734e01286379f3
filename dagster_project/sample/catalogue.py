"""What the shop sells and where: brands, products, stores, contents, campaigns, and the codes of products on
other surfaces.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dagster_project.sample.assortment import Launches, plan_launches
from dagster_project.sample.shop import Shop
from dagster_project.sample.words import BRANDS, CATEGORIES, INFORMATION_KINDS, LINES, PLACES, SERIES

STORES = 40
TRIAL_SET, TRIAL_PRICE = "トライアルセット", 980
# What the shipped scenarios send. No one views them on the site, so they have no score category.
MESSAGES = (
    ("birthday_greeting", "お誕生日のお祝い"),
    ("cart_reminder", "カートに商品が残っています"),
    ("cart_reminder_voices", "お使いの方の声"),
    ("cart_reminder_last", "まもなく在庫が切れます"),
    ("first_purchase_how_to_use", "はじめてのお手入れ"),
    ("first_purchase_repeat", "そろそろなくなる頃です"),
    ("first_purchase_line", "同じラインの商品"),
    ("trial_how_to_use", "トライアルセットの使い方"),
    ("trial_how_to_use_short", "使い方のご案内"),
    ("trial_how_to_use_booklet", "使い方の小冊子"),
    ("trial_voices", "トライアルセットをお使いの方の声"),
    ("trial_subscription_offer", "定期便のご案内"),
    ("trial_subscription_offer_letter", "定期便のご案内(お手紙)"),
    ("second_purchase_repeat", "またそろそろなくなる頃です"),
    ("second_purchase_series", "ご一緒に使われている商品"),
    ("lapse_before", "その後いかがですか"),
    ("lapse_after", "またお会いしたく"),
    ("product_story", "この商品が生まれるまで"),
    ("product_thanks", "お選びいただきありがとうございます"),
    ("product_care", "半年使われた方へ"),
    ("store_coupon", "お立ち寄りの店舗のクーポン"),
    ("vip_thanks", "いつもありがとうございます"),
    ("new_from_brand", "お使いのブランドの新商品"),
    ("new_from_brand_voices", "新商品をお使いの方の声"),
    ("gift_season", "季節の贈り物"),
    ("repeat_reminder", "そろそろ使い切る頃です"),
    ("event_invitation", "店舗イベントへのご招待"),
    ("event_reminder", "店舗イベントまであと一週間"),
)


@dataclass(frozen=True)
class Catalogue:
    """Tables in the contract's columns, and arrays by product index for the plan."""

    tables: dict[str, pa.Table]
    product_ids: list[str]
    brand: np.ndarray  # product -> brand
    price: np.ndarray
    replenishment: np.ndarray  # days
    sold: list[np.ndarray]  # brand -> its products that are no trials and were always sold, most popular first
    launches: Launches  # the last products
    trial: np.ndarray  # brand -> its trial product
    campaigns: dict[str, tuple[int, int]]  # campaign_id -> first and last day index
    stores: int


def build_catalogue(shop: Shop) -> Catalogue:
    """The catalogue of a shop of this size: 120 to 600 products of 12 brands, and a few launches."""
    rng = shop.rng("catalogue")
    size = 600 if shop.is_large else 300 if shop.members >= 10_000 else 120
    brands = len(BRANDS)
    brand = np.arange(size) % brands
    kind = rng.integers(0, len(CATEGORIES), size)
    low, high = (np.array([row[side] for row in CATEGORIES])[kind] for side in (2, 3))
    price = (low + (high - low) * rng.beta(1.6, 3.0, size)).astype(np.int64) // 100 * 100 + 80
    is_trial = np.arange(size) < brands  # the first product of each brand is its trial set
    price = np.where(is_trial, TRIAL_PRICE, price)
    series, line = rng.integers(0, len(SERIES), size), rng.integers(0, len(LINES), size)
    launched = shop.dates(-rng.integers(30, 2000, size))
    sold = [np.flatnonzero((brand == b) & ~is_trial) for b in range(brands)]
    new = plan_launches(shop)
    brand, kind, series, line = (
        np.append(old, late)
        for old, late in ((brand, new.brand), (kind, new.kind), (series, new.series), (line, new.line))
    )
    price, launched = np.append(price, new.price), np.append(launched, shop.dates(new.day))
    replenishment = np.array([row[1] for row in CATEGORIES])[kind]
    is_trial = np.append(is_trial, np.zeros(len(new.day), bool))
    withdrawn = [""] * size + [str(shop.dates(day)) if day < shop.days else "" for day in new.withdrawn]
    size += len(new.day)
    ids = [f"P{100_000 + number * 7}" for number in range(size)]
    names = [
        f"{BRANDS[b]} {SERIES[s]} {TRIAL_SET if t else f'{CATEGORIES[k][0]} {LINES[n]}'} {number:03d}"
        for number, (b, s, k, n, t) in enumerate(zip(brand, series, kind, line, is_trial, strict=True))
    ]
    products = {
        "product_id": ids,
        "brand_id": [f"B{b + 1:02d}" for b in brand],
        "name": names,
        "category": ["トライアル" if t else CATEGORIES[k][0] for k, t in zip(kind, is_trial, strict=True)],
        "series": [f"{BRANDS[b]}{SERIES[s]}" for b, s in zip(brand, series, strict=True)],
        "line": [LINES[n] for n in line],
        "price": price.astype(str),
        "launched_on": launched.astype(str),
        "is_trial": np.where(is_trial, "true", "false"),
        "replenishment_days": np.where(is_trial, "", replenishment.astype(str)),
        "withdrawn_on": withdrawn,
    }
    campaigns, spans = _campaigns(shop)
    tables: dict[str, dict] = {
        "brands": {"brand_id": [f"B{b + 1:02d}" for b in range(brands)], "name": list(BRANDS)},
        "products": products,
        "product_codes": {
            "surface": ["till"] * size + ["media"] * size,
            "code": [till_code(i) for i in range(size)] + [media_code(i) for i in range(size)],
            "product_id": ids + ids,
        },
        "stores": _stores(shop),
        "contents": _contents(ids, brand, is_trial),
        "campaigns": campaigns,
    }
    return Catalogue(
        tables={name: _table(columns) for name, columns in tables.items()},
        product_ids=ids,
        brand=brand,
        price=price,
        replenishment=replenishment,
        sold=sold,
        launches=new,
        trial=np.arange(brands),
        campaigns=spans,
        stores=STORES,
    )


def _table(columns: dict) -> pa.Table:
    return pa.table({name: pa.array([word or None for word in words]) for name, words in columns.items()})


def till_code(product: int) -> str:
    """The 13 digits that the till scans for a product."""
    return f"4900{product * 31 + 100_000_000:09d}"


def media_code(product: int) -> str:
    return f"item-{product * 13 + 20_001}"


def _stores(shop: Shop) -> dict:
    rng = shop.rng("stores")
    place = np.arange(STORES) % len(PLACES)
    return {
        "store_id": [f"S{number + 1:03d}" for number in range(STORES)],
        "name": [f"{PLACES[p][1][:6]}店{n // len(PLACES) + 1}" for n, p in enumerate(place)],
        "prefecture": [PLACES[p][0] for p in place],
        "opened_on": shop.dates(-rng.integers(400, 5000, STORES)).astype(str),
        "brand_id": ["B01" if number < 2 else "" for number in range(STORES)],  # two flagship stores
    }


def _contents(ids: list[str], brand: np.ndarray, is_trial: np.ndarray) -> dict:
    """One content per (brand, information kind), at index brand * kinds + kind, then the house's own."""
    rows = []
    for b, name in enumerate(BRANDS):
        own = [ids[i] for i in np.flatnonzero((brand == b) & ~is_trial)]
        for k, (kind, category, _) in enumerate(INFORMATION_KINDS):
            product = own[k % len(own)] if kind in ("review", "how_to", "advert") else ""
            campaign = "beauty_day" if kind == "event" else ""
            author = f"leader{b % 5 + 1}" if kind == "opinion_leader" else ""
            rows.append((f"{name} {kind}", f"B{b + 1:02d}", product, campaign, author, category, kind))
    rows.append(("私たちの約束", "", "", "", "", "lifestance", "vision"))
    rows += [(f"季節の読みもの {n}", "", "", "", "", "lifestyle", "article") for n in range(1, 12)]
    names = ("title", "brand_id", "product_id", "campaign_id", "author", "score_category", "information_kind")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    content_ids = [f"K{number:04d}" for number in range(len(rows))]
    for content_id, title in MESSAGES:
        content_ids.append(content_id)
        for name in names:
            columns[name].append({"title": title, "information_kind": "how_to"}.get(name, ""))
    urls = [f"https://shop.example.jp/contents/{content_id.lower()}" for content_id in content_ids]
    return {"content_id": content_ids, "url": urls, **columns}


def _campaigns(shop: Shop) -> tuple[dict, dict[str, tuple[int, int]]]:
    """Six campaigns, placed by share of the window so that a short one has them too."""
    plan = (
        ("beauty_day", "ビューティーデー", "ec_event", "", "", 0.55, 3, 4_000_000),
        ("store_fest", "店頭フェスタ", "store_event", "S001", "B01", 0.45, 5, 1_500_000),
        ("spring_coupon", "春のクーポン", "coupon", "", "", 0.30, 10, 800_000),
        ("gift_coupon", "プレゼントクーポン", "coupon", "", "", 0.40, 7, 200_000),
        ("loyal_coupon", "ご愛顧クーポン", "coupon", "", "", 0.62, 7, 500_000),
        ("welcome_mail", "はじめてのお礼メール", "mail", "", "", 0.0, shop.days, 300_000),
    )
    spans = {}
    for row in plan:
        start = min(int(shop.days * row[5]), max(shop.days - row[6], 0))
        spans[row[0]] = (start, min(start + row[6], shop.days) - 1)
    days = np.array(list(spans.values()))
    columns = {
        "campaign_id": [row[0] for row in plan],
        "name": [row[1] for row in plan],
        "kind": [row[2] for row in plan],
        "store_id": [row[3] for row in plan],
        "brand_id": [row[4] for row in plan],
        "starts_on": shop.dates(days[:, 0]).astype(str),
        "ends_on": shop.dates(days[:, 1]).astype(str),
        "cost": [str(row[7]) for row in plan],
    }
    return columns, spans
