"""Dates and times as Japanese systems export them: naive times are Tokyo's, offsets are honoured, UTC out.

Two-digit years, day-first and month-first dates are not guessed: a wrong birthday is worse than none.
"""

import re
from datetime import date, datetime, timedelta

TOKYO = timedelta(hours=9)
NOT_A_DATE = "is not a date in a known format"
NO_SUCH_DAY = "is no day of the calendar"
NO_SUCH_TIME = "is no time of the day"

# The year before an era's first: 令和5年 is 2018 + 5. Years past an era's end (平成32年)
# are counted on, since printed forms have them.
_ERAS = {
    "明治": 1867,
    "大正": 1911,
    "昭和": 1925,
    "平成": 1988,
    "令和": 2018,
    "m": 1867,
    "t": 1911,
    "s": 1925,
    "h": 1988,
    "r": 2018,
}
_ERA_DATE = re.compile(
    r"(?P<era>明治|大正|昭和|平成|令和|[mtshr])\.? ?(?P<year>元|[0-9]{1,2}) ?[年./-] ?"
    r"(?P<month>[0-9]{1,2}) ?[月./-] ?(?P<day>[0-9]{1,2})(?: ?日)?"
)
_DATE = re.compile(
    r"(?P<year>[1-9][0-9]{3})(?: ?年 ?|[-/.])"
    r"(?P<month>[0-9]{1,2})(?: ?月 ?|[-/.])(?P<day>[0-9]{1,2})(?: ?日)?"
)
_COMPACT = re.compile(
    r"(?P<year>[1-9][0-9]{3})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?:t?(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})?(?:\.(?P<fraction>[0-9]{1,9}))?"
    r" ?(?P<offset>z|[+-][0-9]{2}:?(?:[0-9]{2})?)?)?"
)
_TIME = re.compile(
    r"(?P<half>午前|午後|am|pm)? ?(?P<hour>[0-9]{1,2})(?: ?時 ?|:)"
    r"(?:(?P<minute>[0-9]{1,2})(?: ?分 ?|$|(?=[ +z-])|:))?"
    r"(?:(?P<second>[0-9]{1,2})(?: ?秒)?(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r" ?(?P<half_after>am|pm)? ?(?P<offset>z|utc|gmt|jst|[+-][0-9]{1,2}:?(?:[0-9]{2})?)?"
)
_WEEKDAY = re.compile(r" ?\((?:日|月|火|水|木|金|土)(?:曜日?)?\)")


def _day(found: re.Match[str]) -> date:
    parts = found.groupdict()
    era = parts.get("era")
    year = (_ERAS[era] + (1 if parts["year"] == "元" else int(parts["year"]))) if era else int(parts["year"])
    if era and parts["year"] in ("0", "00"):
        raise ValueError("no era has a year 0")
    return date(year, int(parts["month"]), int(parts["day"]))


def _offset(word: str | None) -> timedelta:
    if word is None or word == "jst":
        return TOKYO
    if word in ("z", "utc", "gmt"):
        return timedelta()
    digits = word[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    if hours > 15 or minutes > 59:
        raise ValueError("no such offset")
    return timedelta(hours=hours, minutes=minutes) * (-1 if word[0] == "-" else 1)


def _clock(parts: dict[str, str | None]) -> timedelta:
    """Time of the day, up to 24:00:00; raises ValueError past it."""
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    half = parts.get("half") or parts.get("half_after")
    if half:
        if hour > 12:
            raise ValueError("no such hour of half a day")
        hour = hour % 12 + (12 if half in ("午後", "pm") else 0)
    fraction = int((parts.get("fraction") or "").ljust(6, "0")[:6])
    time = timedelta(hours=hour, minutes=minute, seconds=second, microseconds=fraction)
    if minute > 59 or second > 59 or time > timedelta(days=1):
        raise ValueError("no such time")
    return time


def read_time(text: str) -> tuple[datetime | None, str | None]:
    """`text` (NFKC, lower case, trimmed) as a naive UTC time; a day alone is its midnight in Tokyo."""
    text = _WEEKDAY.sub(" ", text.replace("−", "-").replace("‐", "-").replace("–", "-")).strip()
    found = _COMPACT.fullmatch(text)
    time_parts: dict[str, str | None] = {}
    if found:
        time_parts = found.groupdict()
    else:
        found = _DATE.match(text) or _ERA_DATE.match(text) or _COMPACT.match(text)
        if not found:
            return None, NOT_A_DATE
        rest = re.sub(r"^(?:t| +|, ?)(?=.)", "", text[found.end() :]).strip()
        separated = text[found.end() : found.end() + 1] in ("", " ", "t", ",") or text[found.end() - 1] == "日"
        clock = _TIME.fullmatch(rest) if rest else None
        if rest and (not clock or not separated):
            return None, NOT_A_DATE
        time_parts = clock.groupdict() if clock else {}
    try:
        day = _day(found)
    except ValueError:
        return None, NO_SUCH_DAY
    try:
        return datetime(day.year, day.month, day.day) + _clock(time_parts) - _offset(time_parts.get("offset")), None
    except (ValueError, OverflowError):
        return None, NO_SUCH_TIME
