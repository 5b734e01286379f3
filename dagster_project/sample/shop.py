"""The frame of a simulated shop: its size, its calendar and its streams of random numbers.

Time inside the simulator is seconds since the first day's midnight in Tokyo (int64), days are indices from 0.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

DAY = 86_400
LAST_STEP = 1_800  # nothing begins in the last half hour of the window, so that no session runs out of it


@dataclass(frozen=True)
class Shop:
    """`members` of the EC site, over `days` Tokyo days that end with `last_day`."""

    members: int
    days: int
    seed: int
    last_day: date
    progress: Callable[[str], None] = field(default=lambda _message: None)

    @property
    def first_day(self) -> date:
        return self.last_day - timedelta(days=self.days - 1)

    @property
    def end(self) -> int:
        """The last second at which an act may begin."""
        return self.days * DAY - LAST_STEP

    @property
    def is_large(self) -> bool:
        """Large shops write their big sources as Parquet, small ones as text that a person can read."""
        return self.members >= 100_000

    def rng(self, *area: str | int) -> np.random.Generator:
        """A stream of its own per area: what one area draws never shifts another's numbers."""
        name = zlib.crc32("/".join(str(part) for part in area).encode())
        return np.random.default_rng([self.seed, self.members, name])

    def times(self, seconds: np.ndarray) -> np.ndarray:
        """Tokyo wall time, datetime64[us], of seconds since the first day."""
        return np.datetime64(self.first_day, "us") + np.asarray(seconds, np.int64).astype("timedelta64[s]")

    def utc(self, seconds: np.ndarray) -> pa.Array:
        """UTC timestamps of seconds since the first day; null below 0."""
        tokyo = 9 * 3600
        return pa.array(self.times(np.asarray(seconds) - tokyo), mask=np.asarray(seconds) < 0)

    def dates(self, days: np.ndarray) -> np.ndarray:
        """Tokyo dates, datetime64[D], of day indices (negative: before the window)."""
        return np.datetime64(self.first_day, "D") + np.asarray(days, np.int64)

    def day_of(self, day: date) -> int:
        return (day - self.first_day).days


def at_hours(rng: np.random.Generator, days: np.ndarray, hours: tuple[float, float]) -> np.ndarray:
    """Seconds on those days, between two hours of the day, busiest towards the later one."""
    low, high = hours
    drawn = low + (high - low) * rng.beta(2.2, 1.6, len(days))
    return np.floor(days).astype(np.int64) * DAY + (drawn * 3600).astype(np.int64)
