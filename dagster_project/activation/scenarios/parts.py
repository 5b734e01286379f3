"""What every part of a scenario file is made of: clock times, delays, hours of the day."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

DAY = 24 * 60


def minute_of_day(value: Any) -> int:
    """The minute of a clock time `HH:MM`; 24:00 is the end of the day. Raises ValueError.

    YAML 1.1 reads an unquoted 20:00 as the sexagesimal number 1200, which is the same minute.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= DAY:
        return value
    found = re.fullmatch(r"([0-9]{1,2}):([0-5][0-9])", str(value))
    minute = int(found[1]) * 60 + int(found[2]) if found else -1
    if not 0 <= minute <= DAY:
        raise ValueError(f"`{value}` is not a clock time; write it as '09:00'")
    return minute


Minute = Annotated[int, BeforeValidator(minute_of_day)]


class Part(BaseModel):
    """A part of a scenario: unknown keys are faults, since a misspelt one would change who gets what."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Delay(Part):
    """A length of time: calendar months (clamped to the month's end, in Tokyo), days and hours together."""

    months: int = Field(default=0, ge=0, le=120, strict=True)
    days: int = Field(default=0, ge=0, le=3650, strict=True)
    hours: int = Field(default=0, ge=0, le=87600, strict=True)

    @model_validator(mode="after")
    def _names_a_unit(self) -> "Delay":
        if not self.model_fields_set:
            raise ValueError("name hours, days or months")
        return self


class Window(Part):
    """The hours, by the customer's clock, in which messages go out, as minutes of the day: start included, end not."""

    start: Minute
    end: Minute

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> "Window":
        if self.start >= self.end:
            raise ValueError("the window's start must be before its end, on one day")
        return self


def usual_window(settings: Mapping[str, str]) -> Window:
    """The window of scenarios that name none. Raises ValueError, or KeyError where a setting is missing."""
    return Window.model_validate({"start": settings["send_window_start"], "end": settings["send_window_end"]})


class Quiet(Part):
    """Hours in which nothing goes out; they may pass midnight. What falls into them waits for their end."""

    start: Minute
    end: Minute

    @model_validator(mode="after")
    def _lasts(self) -> "Quiet":
        if self.start % DAY == self.end % DAY:
            raise ValueError("quiet hours that end when they start would be none, or all day")
        return self


def openings(window: Window, quiet: Quiet | None) -> list[int]:
    """The minutes of the day at which sending becomes possible: that of the window, and the end of the quiet hours.

    Empty where the quiet hours take all of the window.
    """

    def is_open(minute: int) -> bool:
        if not window.start <= minute < window.end:
            return False
        if quiet is None:
            return True
        start, end = quiet.start % DAY, quiet.end % DAY
        return not (start <= minute < end if start < end else minute >= start or minute < end)

    minutes = {window.start} | ({quiet.end % DAY} if quiet else set())
    return sorted(minute for minute in minutes if is_open(minute))
