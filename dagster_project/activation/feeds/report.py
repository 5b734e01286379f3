"""Feeds in words, for the person who runs them: what goes, what is held back and why."""

from collections.abc import Mapping, Set
from typing import Any

from dagster_project.activation.feeds.ledger import FeedLedger
from dagster_project.activation.feeds.prepared import PreparedSync
from dagster_project.home import Home

SHOWN = 5  # reasons in one line; the rest are counted, and stand in sync_rows


def told(prepared: PreparedSync) -> str:
    """One line of a run's progress about a prepared sync."""
    counts = prepared.counts.model_dump()
    words = ", ".join(f"{rows:,} {what.replace('_', ' ')}" for what, rows in counts.items() if rows) or "nothing"
    parts = [f"feed {prepared.feed.feed_id}: {words}"]
    if prepared.held_back_reasons:
        parts.append(f"held back: {reasons(prepared.held_back_reasons)}")
    parts += [text for text in (prepared.remark, prepared.stopped_because) if text]
    return "; ".join(parts)


def not_taken(home: Home, declared: Set[str]) -> list[dict[str, Any]]:
    """What the feeds `declared` could not hand over, for a person: per feed and reason, the rows that the newest run
    held back and those that the receiver refused in its newest sync.
    """
    found = []
    for feed_id in sorted(declared):
        ledger = FeedLedger(home, feed_id)
        refused = ledger.delivered()[-1].rejected_reasons if ledger.delivered() else {}
        for what, counted in (("held back", ledger.held_back()), ("refused", refused)):
            found += [
                {"feed": feed_id, "what": what, "reason": reason, "rows": rows} for reason, rows in counted.items()
            ]
    return found


def reasons(counted: Mapping[str, int]) -> str:
    """`reason` -> rows as words, the most frequent first."""
    ordered = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    words = [f"{reason} ({rows:,})" for reason, rows in ordered[:SHOWN]]
    rest = len(ordered) - SHOWN
    return ", ".join([*words, f"{rest} other reasons"] if rest > 0 else words)


def told_left(feed_id: str, rows: int) -> str:
    """What to do about a feed that is no longer declared while its receiver holds rows."""
    return (
        f"it is no longer declared, and its receiver still holds {rows:,} rows: `kizuna sync {feed_id} --force` deletes"
        " them there"
    )
