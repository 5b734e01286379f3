"""Which of dbt's events are made into messages: those that somebody reads.

dbt tells some twenty events of each model and test, and makes a message of each, whoever listens: an eighth of the
processor time of a stage of a small shop.
"""

from typing import Any

from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager

# What a stage reads to tell Dagster of its models and tests (`dbt_stage`).
RESULTS = frozenset({"LogSeedResult", "LogModelResult", "LogTestResult"})
LOUD = (EventLevel.WARN, EventLevel.ERROR)


class ResultsOnly(EventManager):
    """Tells results, warnings and errors; all else only where dbt keeps a log."""

    def fire_event(
        self,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        """As the base class, or nothing."""
        is_told = type(e).__name__ in RESULTS or (level or e.level_tag()) in LOUD
        if is_told or force_warn_or_error_handling or self.loggers:
            super().fire_event(e, level, node, force_warn_or_error_handling)
