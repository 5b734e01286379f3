"""Dates and times as Japanese systems export them: naive times are Tokyo's, offsets are honoured, UTC out.

Two-digit years, day-first and month-first dates and day numbers of spreadsheets (45017: counted from 1900 or from
1904) are not guessed: a wrong birthday is worse than none.
"""

import re
from datetime import date, datetime, timedelta

from dagster_project.staging.numerals import NUMERALS, arabic

TOKYO = timedelta(hours=9)
NOT_A_DATE = "is not a date in a known format"
NO_SUCH_DAY = "is no day of the calendar"
NO_SUCH_TIME = "is no time of the day"

# The year before an era's first: 令和5年 is 2018 + 5. Its last day does not matter: forms were printed with years to
# come (平成32年), and an era's first year is meant whole (令和元年1月 is 2019), but only so far.
_ERAS = {
    "明治": 1867,
    "大正": 1911,
    "昭和": 1925,
    "平成": 1988,
    "令和": 2018,
}
_ERA_OF = {word: era for era in _ERAS for word in (era, era[0])} | dict(zip("mtshr", _ERAS, strict=True))
_LAST_YEARS = {"明治": 45, "大正": 15, "昭和": 64, "平成": 31, "令和": 99}
_YEARS_PRINTED_AHEAD = 20
_ERA = "明治|大正|昭和|平成|令和|[明大昭平令mtshr]"
_ERA_DATE = re.compile(
    rf"(?P<era>{_ERA})\.? ?(?P<year>元|[0-9]{{1,2}}) ?[年./-] ?"
    r"(?P<month>[0-9]{1,2}) ?[月./-] ?(?P<day>[0-9]{1,2})(?: ?日)?"
)
_ERA_COMPACT = re.compile(rf"(?P<era>{_ERA})(?P<year>[0-9]{{2}})(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = rf"(?P<word>(?:{'|'.join(_MONTHS)})[a-z]{{0,6}})"
_ENGLISH = [
    re.compile(rf"(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?[ -]{_MONTH}\.?,?[ -](?P<year>[1-9][0-9]{{3}})(?![0-9])"),
    re.compile(rf"{_MONTH}\.? (?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?,? (?P<year>[1-9][0-9]{{3}})(?![0-9])"),
]
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
_WEEKDAY = re.compile(
    r" ?\((?:[日月火水木金土](?:曜日?)?|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6})\)|(?<=日) ?[日月火水木金土]曜日?"
    r"|^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},? (?=[0-9a-z])"
)
_AROUND = re.compile(r"^西暦 ?|(?<=日) ?生(?:まれ)?$")
_KANJI_PART = re.compile(f"[{NUMERALS}]+(?= ?[年月日])")
# 2019年(平成31年)4月30日, 平成31(2019)年4月30日
_YEAR_TWICE = re.compile(
    rf"^(?P<before>(?:{_ERA})?(?:元|[0-9]{{1,4}}))(?P<unit>年?) ?\((?P<again>(?:{_ERA})?(?:元|[0-9]{{1,4}}))年?\) ?年?"
)


def _day(found: re.Match[str]) -> date:
    parts = found.groupdict()
    word = parts.get("word")
    month = _MONTHS.index(word[:3]) + 1 if word else int(parts["month"])
    return date(_year(parts.get("era"), parts["year"]), month, int(parts["day"]))


def _year(word: str | None, year: str) -> int:
    """The year of the common era. Raises ValueError where the era has no such year."""
    number = 1 if year == "元" else int(year)
    if not word:
        return number
    era = _ERA_OF[word]
    if not 1 <= number <= _LAST_YEARS[era] + _YEARS_PRINTED_AHEAD:
        raise ValueError("no year of that era")
    return _ERAS[era] + number


def _year_once(found: re.Match[str]) -> str:
    """A year that is given in both calendars, once; as it stands, and so unreadable, where the two differ."""
    years = set()
    for given in (found["before"], found["again"]):
        word = given.rstrip("元0123456789")
        try:
            years.add(_year(word or None, given[len(word) :]))
        except ValueError:
            return found[0]
    return f"{years.pop()}年" if len(years) == 1 else found[0]


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
    text = _WEEKDAY.sub(" ", _AROUND.sub("", re.sub("[−‐–]", "-", text))).strip()
    text = _YEAR_TWICE.sub(_year_once, _KANJI_PART.sub(lambda part: arabic(part[0]), text))
    found = _COMPACT.fullmatch(text)
    time_parts: dict[str, str | None] = {}
    if found:
        time_parts = found.groupdict()
    else:
        found = next(
            filter(None, (form.match(text) for form in (_DATE, _ERA_DATE, _COMPACT, *_ENGLISH))),
            _ERA_COMPACT.fullmatch(text),
        )
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
