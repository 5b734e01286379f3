"""How raw values read: one pure function per kind, raw text -> (value, problem).

Empty text gives (None, None); text that cannot be read gives (None, why); no input raises. Values are text as
the warehouse casts it: dates `2024-01-02`, times `2024-01-02 01:00:00` in UTC, booleans `true`/`false`.
Problems never hold the value itself. `macros/staging/fast_path.sql` reads the plain cases of the same kinds
in SQL, with the same results.
"""

import re
import unicodedata
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

import phonenumbers

from dagster_project.staging.prefectures import canonical_prefecture
from dagster_project.staging.times import TOKYO, read_time

Reading = tuple[str | None, str | None]
EMPTY: Reading = (None, None)

# What people and systems type where a hyphen is meant: the long vowel mark, minus signs and every dash.
HYPHENS = "-‐‑‒–—―−─━ー﹣－ｰ"
_SPACE = " \t\n\r\v\f"
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"))
_BETWEEN_DIGITS = re.compile(rf"(?<=[0-9])\s*[{HYPHENS}]\s*(?=[0-9])")


def clean(raw: str) -> str:
    """NFKC without invisible characters, trimmed."""
    return unicodedata.normalize("NFKC", raw.translate(_INVISIBLE)).strip(_SPACE)


def _single_spaced(raw: str) -> str:
    return " ".join(clean(raw).split())


def read_id(raw: str) -> Reading:
    """An identifier as it came, in NFKC."""
    return clean(raw) or None, None


_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,63})"
)


def read_email(raw: str) -> Reading:
    """Lower case, without spaces. Dots at odd places stay: Japanese carriers gave out such addresses."""
    text = "".join(clean(raw).lower().split())
    if not text:
        return EMPTY
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        return None, "is not an e-mail address"
    return text, None


_MOBILE = re.compile(r"0[789]0[0-9]{8}")
_NOT_A_PHONE = "is not a phone number"
# An extension, a remark like (代表) or (自宅), and what a spreadsheet adds to a number.
_PHONE_NOTE = re.compile(
    r"[\s,、(]*内線(?:番号)?[\s:]*[0-9-]{1,8}\s*\)?$|\s*\([^()0-9]{1,12}\)$|\s+(?:代表?|自宅|携帯|会社|勤務先|実家|本人)$|(?<=[0-9])\.0$"
)


def read_phone(raw: str) -> Reading:
    """E.164, Japan where no country is named. Lengths are checked, not whether the number is in service.

    A number that lost its leading 0 in a spreadsheet is read: no Japanese number begins otherwise. Of two
    numbers in one cell neither is: which of them is the customer's is not known.
    """
    text = clean(raw)
    if not text:
        return EMPTY
    text = _PHONE_NOTE.sub("", re.sub(rf"[{HYPHENS}]", "-", text))
    text = re.sub(r"^0081(?=\D*[0-9])", "+81", text)
    digits = text.replace("-", "")
    return ("+81" + digits[1:], None) if _MOBILE.fullmatch(digits) else library_phone(text)


def library_phone(text: str) -> Reading:
    """`read_phone` by the phonenumbers library alone."""
    try:
        number = phonenumbers.parse(text, "JP")
    except phonenumbers.NumberParseException:
        return None, _NOT_A_PHONE
    readable = phonenumbers.is_possible_number(number)
    if readable and number.country_code == 81 and not phonenumbers.is_valid_number(number):
        # The library thinks 8 to 17 digits possible in Japan; a number has 9, or 10 after 050, 070, 080, 090.
        national = phonenumbers.national_significant_number(number)
        readable = (
            len(national) == 10 if re.match(r"[5789]0|00", national) and len(national) != 9 else len(national) == 9
        )
        readable = readable and not (len(national) == 9 and re.match(r"[5789]0", national))
    if not readable:
        return None, _NOT_A_PHONE
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), None


def read_name(raw: str) -> Reading:
    """A name with single spaces."""
    return _single_spaced(raw) or None, None


_TO_KATAKANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
_LONG_VOWEL = re.compile(rf"(?<=[ァ-ヺー])[{HYPHENS}]")


def read_kana(raw: str) -> Reading:
    """Full-width katakana; voiced marks composed; other letters stay (foreign names)."""
    composed = raw.replace("゛", "\u3099").replace("゜", "\u309a")
    return _LONG_VOWEL.sub("ー", _single_spaced(composed).translate(_TO_KATAKANA)) or None, None


def read_postal_code(raw: str) -> Reading:
    """NNN-NNNN where it has seven digits, else the text (other countries' codes)."""
    text = _single_spaced(raw)
    digits = re.sub(rf"[{HYPHENS}\s〒]", "", text)
    if re.fullmatch(r"[0-9]{7}", digits):
        return f"{digits[:3]}-{digits[3:]}", None
    return text.replace("〒", "").strip() or None, None


def read_prefecture(raw: str) -> Reading:
    """The canonical Japanese name, else the text."""
    text = _single_spaced(raw)
    return canonical_prefecture(text) or text or None, None


def read_address(raw: str) -> Reading:
    """Single-spaced, with one kind of hyphen between digits; long vowel marks of words stay."""
    return _BETWEEN_DIGITS.sub("-", _single_spaced(raw)) or None, None


def read_timestamp(raw: str) -> Reading:
    """UTC, `YYYY-MM-DD HH:MM:SS[.ffffff]`."""
    text = _single_spaced(raw).lower()
    moment, problem = read_time(text) if text else (None, None)
    return (str(moment), None) if moment else (None, problem)


def read_date(raw: str) -> Reading:
    """The Tokyo day, `YYYY-MM-DD`; of a time with an offset, the day that it was in Tokyo."""
    text = _single_spaced(raw).lower()
    moment, problem = read_time(text) if text else (None, None)
    try:
        return (str((moment + TOKYO).date()), None) if moment else (None, problem)
    except OverflowError:
        return None, "is no day of the calendar"


def read_boolean(raw: str) -> Reading:
    """true, 1, yes and false, 0, no, in any case and width."""
    word = clean(raw).lower()
    if not word:
        return EMPTY
    if word in ("true", "1", "yes"):
        return "true", None
    return ("false", None) if word in ("false", "0", "no") else (None, "is none of true, false, 1, 0, yes, no")


_NUMBER = re.compile(
    r"(?P<sign>[-+])?(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?P<fraction>\.[0-9]*)?(?P<exponent>e[-+]?[0-9]{1,2})?"
)


def _decimal(text: str) -> Decimal | None:
    text = re.sub(r"^[▲△]", "-", re.sub(r"^[−‐–]", "-", text))
    found = _NUMBER.fullmatch(text)
    if not found or not (found["digits"] or (found["fraction"] or "").strip(".")):
        return None
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None


def read_integer(raw: str) -> Reading:
    """A whole number, with thousands commas or an empty fraction (`3.0`) where a system writes them."""
    text = clean(raw).lower()
    if not text:
        return EMPTY
    number = _decimal(text)
    if number is None or number != number.to_integral_value():
        return None, "is not a whole number"
    return (str(int(number)), None) if abs(number) < 10**18 else (None, "is too large")


def read_money(raw: str) -> Reading:
    """Yen with at most two decimals (rounded half up); currency signs and commas are taken off."""
    text = re.sub(r"(円|jpy|yen|,?-)$", "", "".join(clean(raw).lower().split())).replace("jpy", "").replace("\\", "¥")
    if not clean(raw):
        return EMPTY
    number = _decimal(re.sub(r"^([-+−▲△]?)¥|^¥(?=[-+−▲△])", r"\1", text))
    if number is None:
        return None, "is not an amount of money"
    if abs(number) >= 10**15:
        return None, "is too large"
    return f"{number.quantize(Decimal('0.01'), ROUND_HALF_UP) + 0:f}", None  # + 0: no negative zero


READERS: dict[str, Callable[[str], Reading]] = {
    "id": read_id,
    "email": read_email,
    "phone": read_phone,
    "name": read_name,
    "kana": read_kana,
    "postal_code": read_postal_code,
    "prefecture": read_prefecture,
    "address": read_address,
    "date": read_date,
    "timestamp": read_timestamp,
    "boolean": read_boolean,
    "integer": read_integer,
    "money": read_money,
}
