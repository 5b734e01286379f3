"""The words that columns can hold: a condition on another one could never be fulfilled.

They come from the rule tables, which users edit, and from the enumerations of the sources. Ids of brands, products,
contents, stores and campaigns are data: one that nothing carries is told of when an audience is counted.
"""

from collections.abc import Iterator

from dagster_project.landing.contract import sources
from dagster_project.rule_tables import read_rows

Words = dict[tuple[str, str], tuple[frozenset[str], tuple[str, ...]]]  # the words themselves, and beginnings of words
OTHER_CHANNELS = ("ec", "store", "social")  # of touchpoints, beside those of messages
# Acts that are not named by a source's own enumeration (the site's event `purchase` is `web_purchase`: it is no order).
ACTS = ("purchase", "web_purchase", "return", "visit", "reservation", "review", "survey")
# (mart, column) -> rule table and its column.
OF_RULES = {
    ("customers", "rf_segment"): ("rf_segments", "segment"),
    ("customers", "price_band"): ("price_bands", "band"),
    ("rf_customers", "segment"): ("rf_segments", "segment"),
    ("rf_customers", "lifecycle"): ("rf_segments", "lifecycle"),
    ("rf_customers", "recency_band"): ("rf_recency_bands", "band"),
    ("rf_customers", "frequency_band"): ("rf_frequency_bands", "band"),
    ("brand_ranks", "rank"): ("rank_rules", "rank"),
    ("brand_rank_history", "rank"): ("rank_rules", "rank"),
    ("brand_group_ranks", "rank"): ("rank_rules", "rank"),
    ("brand_group_ranks", "group_id"): ("brand_groups", "group_id"),
    ("brand_journeys", "stage"): ("journey_rules", "stage"),
    ("badges", "badge_id"): ("badge_rules", "badge_id"),
    ("recommendations", "kind"): ("recommendation_kinds", "kind"),
}
# (mart, column) -> source and its column.
OF_SOURCES = {
    ("customers", "gender"): ("members", "gender"),
    ("customers", "best_channel"): ("message_events", "channel"),
    ("touchpoints", "information_kind"): ("contents", "information_kind"),
    ("touchpoints", "score_category"): ("contents", "score_category"),
}


def known_words() -> Words:
    """(mart, column) -> its words. A rule table that is missing or cannot be read is told of elsewhere."""
    known: Words = {}
    for column, (table, field) in OF_RULES.items():
        words = frozenset(row[field] for row in read_rows(table) or [] if row.get(field))
        if words:
            known[column] = (words, ())
    for column, (source, field) in OF_SOURCES.items():
        known[column] = (frozenset(_enumeration(source, field)), ())
    known["touchpoints", "action"] = (frozenset(_acts()), ())
    channels = (*_enumeration("message_events", "channel"), *OTHER_CHANNELS)
    known["touchpoints", "channel"] = (frozenset(channels), ())
    known["orders", "channel"] = (frozenset(("ec", "store")), ())
    tags = read_rows("tag_rules")
    if tags:
        single = {row["tag"] for row in tags if row.get("what") not in ("channel_share", "campaign")}
        # One tag for each channel and each campaign, named after it.
        known["tags", "tag"] = (frozenset(single), tuple(f"{row['tag']}:" for row in tags if row["tag"] not in single))
    return known


def _acts() -> Iterator[str]:
    yield from ACTS
    yield from (name for name in _enumeration("web_events", "event_name") if name != "purchase")
    yield from _enumeration("social_actions", "kind")
    yield from (f"message_{event}" for event in _enumeration("message_events", "event"))


def _enumeration(source: str, column: str) -> tuple[str, ...]:
    return next(one.one_of for one in sources()[source].columns if one.name == column)
