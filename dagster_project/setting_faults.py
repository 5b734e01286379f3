"""Faults of settings, in the table and in the environment that overrides it."""

import csv
import os
from collections.abc import Callable
from datetime import date
from typing import Any

from dagster_project.activation.scenarios.parts import minute_of_day
from dagster_project.errors import Fault
from dagster_project.project import seeds
from dagster_project.settings import effective_settings

TABLE = "seeds/rules/settings.csv"


def setting_faults() -> list[Fault]:
    """Unknown, missing and unreadable settings; `KIZUNA_<NAME>` stands for a line of its own."""
    file = seeds() / "rules" / "settings.csv"
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle)
            rows = [(reader.line_num, row) for row in reader][1:]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []  # told of as a rule table
    faults, values = [], {}
    for line, row in rows:
        if len(row) < 2 or not row[0]:
            continue
        name, value = row[0], row[1]
        if name in values:
            faults.append(Fault(TABLE, line, f"setting {name} stands twice", "keep one"))
        place = Fault(TABLE, line, "")
        given = os.environ.get(f"KIZUNA_{name.upper()}")
        if given is not None:
            place, value = Fault(f"environment KIZUNA_{name.upper()}", 0, ""), given
        values[name] = value
        if name not in READERS:
            faults.append(Fault(TABLE, line, f"unknown setting {name}", f"one of: {', '.join(sorted(READERS))}"))
            continue
        try:
            if READERS[name] not in TEXTS and not value.isascii():
                raise ValueError("SQL reads plain digits and blanks alone (半角)")
            READERS[name](value)
        except ValueError as error:
            faults.append(Fault(place.file, place.line, f"{name}: {value!r} cannot be read: {error}"))
    faults += [
        Fault(TABLE, 0, f"setting {name} is missing", "restore its line")
        for name in sorted(READERS.keys() - values.keys())
    ]
    if not faults and minute_of_day(values["send_window_start"]) >= minute_of_day(values["send_window_end"]):
        faults.append(Fault(TABLE, 0, "send_window_start is not before send_window_end"))
    return faults


def is_on(name: str) -> bool:
    """Whether the switch `name` is set to 1; settings that cannot be read are told of elsewhere."""
    try:
        return effective_settings().get(name) == "1"
    except (OSError, UnicodeDecodeError, csv.Error, KeyError):
        return False


def _share(value: str) -> float:
    if not 0 <= float(value) <= 1:
        raise ValueError("it is not a share between 0 and 1")
    return float(value)


def _confidence(value: str) -> float:
    if not 0 < float(value) <= 0.9999:
        raise ValueError("it is not a share above 0 and up to 0.9999")
    return float(value)


def _at_least(least: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if int(value) < least:
            raise ValueError(f"it is less than {least}")
        return int(value)

    return read


def _days(value: str) -> list[int]:
    days = [_at_least(1)(word) for word in value.split(" ") if word]  # as macros/marts/setting_integers.sql parts them
    if not days:
        raise ValueError("it names no number of days")
    return days


def _no_less_than_nothing(value: str) -> float:
    if not 0 <= float(value) < float("inf"):
        raise ValueError("it is less than nothing, or endless")
    return float(value)


def _half_life(value: str) -> float:
    return _no_less_than_nothing(value) if value else 0.0


def _switch(value: str) -> bool:
    if value not in ("0", "1"):
        raise ValueError("it is neither 0 nor 1")
    return value == "1"


def _per_campaign(value: str) -> str:
    if "{campaign_id}" not in value:
        raise ValueError("it does not hold {campaign_id}")
    return value


TEXTS: tuple[Callable[[str], Any], ...] = (str, str.split, _per_campaign)
READERS: dict[str, Callable[[str], Any]] = {
    "first_day": date.fromisoformat,
    "repeat_window_days": _days,
    "maturity_days": _at_least(1),
    "rank_window_days": _at_least(1),
    "interest_min_customers": _at_least(1),
    "growth_confidence": _confidence,
    "growth_paths": _at_least(1),
    "growth_path_steps": _at_least(1),
    "promotion_outcome_days": _at_least(1),
    "promotion_prior_days": _at_least(1),
    "promotion_sales_bands": _days,
    "promotion_brand_group": str,
    "promotion_min_customers": _at_least(2),
    "promotion_confidence": _confidence,
    "campaign_arm_attribute": _per_campaign,
    "published_attributes": str.split,
    "scenario_outcome_days": _at_least(1),
    "scenario_min_customers": _at_least(2),
    "scenario_confidence": _confidence,
    "session_gap_minutes": _at_least(1),
    "default_holdout": _share,
    "global_holdout": _share,
    "send_window_start": minute_of_day,
    "send_window_end": minute_of_day,
    "expires_after_days": _no_less_than_nothing,
    "quality_bounces": _at_least(1),
    "quality_max_identifiers": _at_least(1),
    "keep_days": _at_least(1),
    "erasure_rewrite_days": _at_least(0),
    "erasure_rewrite_at_once_gb": _no_less_than_nothing,
    "hourly_wait_minutes": _no_less_than_nothing,
    "probabilistic": _switch,
    "gmail_aliases": _switch,
    "volumes_block": _switch,
    "identity_conflict_points": _at_least(1),
    "person_max_identifiers": _at_least(1),
    "merged_max_share": _share,
    "attributed_max_fall": _share,
    "pair_window_days": _at_least(1),
    "pair_min_together": _at_least(1),
    "pair_max_products": _at_least(1),
    "recommendations_per_kind": _at_least(1),
    "recommendation_candidates": _at_least(1),
    "recommendation_bought_days": _at_least(1),
    "recommendation_new_days": _at_least(1),
    "recommendation_store_days": _at_least(1),
    "recommendation_store_products": _at_least(1),
    "recommendation_viewed_days": _at_least(1),
    "recommendation_repeat_orders": _at_least(1),
    "recommendation_repeat_cycles": _at_least(1),
    "recommendation_replenishment_days": _at_least(1),
    "backtest_days": _at_least(1),
    "backtest_positions": _at_least(1),
    "backtest_customers": _at_least(1),
    "score_half_life_days": _half_life,
    "tag_window_months": _at_least(1),
    "tag_subscription_days": _at_least(1),
}
