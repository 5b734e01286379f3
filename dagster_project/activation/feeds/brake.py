"""The brake: a sync that would remove or change too many of the accepted rows is looked at by a person first."""

from dagster_project.activation.feeds.declaration import Limits
from dagster_project.activation.feeds.difference import Counts


def brake(limits: Limits, counts: Counts, accepted_rows: int, is_full: bool, feed_id: str) -> str | None:
    """Why a sync of these counts has to be looked at first, or None.

    Additions never brake, nor do deletions of erased persons, nor rows of which nobody knows whether the receiver has
    them. A new schema changes every row on purpose: then only removals count.
    """
    if accepted_rows < limits.from_rows or accepted_rows == 0:
        return None
    for what, rows, share in (
        ("remove", counts.removed - counts.erased - counts.unsure, limits.max_removed_share),
        ("change", 0 if is_full else counts.changed, limits.max_changed_share),
    ):
        if rows / accepted_rows > share:  # exactly the share passes: 29 of 100 is more than 100 * 0.29 as a float
            return (
                f"would {what} {rows} of {accepted_rows} accepted rows ({rows / accepted_rows:.1%}, limit"
                f" {share:.0%}); look at `kizuna sync {feed_id} --dry-run`,"
                f" then `kizuna sync {feed_id} --force`"
            )
    return None
