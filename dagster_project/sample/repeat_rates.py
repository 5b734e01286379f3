"""Planted repeat rates: the RF table computed from the plan of orders with calendar arithmetic of its own."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from dagster_project.sample.shop import DAY, Shop

WINDOWS = (30, 60, 90, 180)
MONTH_ENDS = 24
LAST_RECENCY, LAST_FREQUENCY = 14, 6


def repeat_rates(
    shop: Shop, unit: np.ndarray, at: np.ndarray, is_counted: np.ndarray, is_trial: np.ndarray
) -> pa.Table:
    """One row per (as_of, window_days, recency_band, frequency_band) with customers: customers and
    repeaters.

    `unit` is the linked id's number (-1: nobody). as_of: the last day and the month ends of the window.
    Repeaters are null where the window ends after the last day.
    """
    known = (unit >= 0) & (is_counted | is_trial)
    unit, day, counted = unit[known], at[known] // DAY, is_counted[known]
    columns: dict[str, list] = {
        name: [] for name in ("as_of", "window_days", "recency_band", "frequency_band", "customers", "repeaters")
    }
    for as_of in _days(shop):
        index = (as_of - shop.first_day).days
        cells = _cells(shop, unit, day, counted, as_of)
        for window in WINDOWS:
            again = np.zeros(len(cells), bool)
            coming = unit[counted & (day > index) & (day <= index + window)]
            again[coming] = True
            mature = index + window < shop.days
            inside = np.bincount(cells[cells >= 0])
            repeated = np.bincount(cells[(cells >= 0) & again], minlength=len(inside))
            for cell in np.flatnonzero(inside):
                recency, frequency = divmod(int(cell), LAST_FREQUENCY + 1)
                columns["as_of"].append(as_of)
                columns["window_days"].append(window)
                columns["recency_band"].append("14+" if recency == LAST_RECENCY else f"{recency:02d}")
                columns["frequency_band"].append("6+" if frequency == LAST_FREQUENCY else str(frequency))
                columns["customers"].append(int(inside[cell]))
                columns["repeaters"].append(int(repeated[cell]) if mature else None)
    schema = {
        "as_of": pa.date32(),
        "window_days": pa.int64(),
        "customers": pa.int64(),
        "repeaters": pa.int64(),
    }
    return pa.table({name: pa.array(values, schema.get(name, pa.string())) for name, values in columns.items()})


def _days(shop: Shop) -> list[date]:
    """The last day and the month ends before it, newest first."""
    days, day = [shop.last_day], shop.last_day
    while len(days) <= MONTH_ENDS:
        day = day.replace(day=1) - timedelta(days=1)
        if day < shop.first_day:
            break
        days.append(day)
    return days


def _cells(shop: Shop, unit: np.ndarray, day: np.ndarray, counted: np.ndarray, as_of: date) -> np.ndarray:
    """Unit -> recency * 7 + frequency at the end of as_of, -1 without an order or a trial so far."""
    size = int(unit.max(initial=0)) + 1
    past = day <= (as_of - shop.first_day).days
    frequency = np.bincount(unit[past & counted], minlength=size)
    last_order, last_trial = np.full(size, -1), np.full(size, -1)
    np.maximum.at(last_order, unit[past & counted], day[past & counted])
    np.maximum.at(last_trial, unit[past & ~counted], day[past & ~counted])
    last = np.where(frequency > 0, last_order, last_trial)
    recency = np.minimum(months_completed(shop.dates(last), as_of), LAST_RECENCY)
    cell = recency * (LAST_FREQUENCY + 1) + np.minimum(frequency, LAST_FREQUENCY)
    return np.where(last >= 0, cell, -1)


def months_completed(since: np.ndarray, until: date) -> np.ndarray:
    """The largest k for which `since` plus k calendar months, clamped to the month's end, is on or before
    `until`.
    """
    months = since.astype("datetime64[M]")
    day_of_month = (since - months.astype("datetime64[D]")).astype(np.int64) + 1
    apart = (np.datetime64(until, "M") - months).astype(np.int64)
    is_month_end = (until + timedelta(days=1)).day == 1
    return np.where((day_of_month <= until.day) | is_month_end, apart, apart - 1)
