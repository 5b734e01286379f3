"""What goes wrong on the way: rows that cannot be read, rows delivered twice, files copied under another
name. All counted.
"""

import pyarrow as pa

from dagster_project.sample.shop import Shop

BAD = (  # source, column, what stands there, why a reader cannot take the row
    ("members", "registered_at", "2026/13/45", "unreadable"),
    ("members", "updated_at", "", "empty"),
    ("store_cards", "registered_at", "未定", "unreadable"),
    ("ec_orders", "status", "shipping", "unknown_word"),
    ("ec_orders", "total_amount", "要確認", "unreadable"),
    ("ec_orders", "ordered_at", "", "empty"),
    ("ec_order_items", "quantity", "いくつか", "unreadable"),
    ("pos_receipts", "store_id", "", "empty"),
    ("pos_receipts", "receipted_at", "9999/99/99 99:99:99", "unreadable"),
    ("pos_receipt_items", "product_id", "", "empty"),
    ("store_visits", "kind", "walk_by", "unknown_word"),
    ("web_events", "event_name", "page_veiw", "unknown_word"),
    ("web_events", "visitor_id", "", "empty"),
    ("message_events", "event", "exploded", "unknown_word"),
    ("reviews", "posted_at", "きのう", "unreadable"),
    ("survey_answers", "answer", "", "empty"),
)
TWICE = ("pos_receipts", "pos_receipt_items", "web_events", "message_events", "social_actions")
COPIED = ("reviews", "survey_answers")  # sources whose first file is there once more under another name


def bad_count(shop: Shop) -> int:
    """Bad rows per fault: 2 in a small shop, a hundredth of a percent of the members in a large one."""
    return 2 + shop.members // 10_000


def bad_rows(shop: Shop, source: str, rows: pa.Table) -> pa.Table:
    """Broken variants of the first rows, under keys of their own, for every fault of this source."""
    parts, count = [], bad_count(shop)
    key = rows.column_names[0]
    for fault, (_, column, value, _) in enumerate(entry for entry in BAD if entry[0] == source):
        broken = rows.slice(0, count)
        repeated = [broken.slice(0, min(1, len(broken)))] * (count - len(broken))
        broken = pa.concat_tables([broken, *repeated])
        for name, words in (
            (key, [f"BAD{fault}-{n}" for n in range(len(broken))]),
            (column, [value] * len(broken)),
        ):
            broken = broken.set_column(broken.column_names.index(name), name, pa.array(words, pa.string()))
        parts.append(broken)
    return pa.concat_tables(parts) if parts else rows.slice(0, 0)


def delivered_twice(rows: pa.Table) -> pa.Table:
    """Every 400th row: the next delivery brings it once more."""
    return rows.take(pa.array(range(0, len(rows), 400), pa.int64()))
