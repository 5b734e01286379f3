"""Numbers written in kanji, as dates and addresses have them: digits by place (二三) or by name (二十三)."""

import re

NUMERALS = "〇一二三四五六七八九十百"
_DIGITS = {numeral: str(digit) for digit, numeral in enumerate("〇一二三四五六七八九")}


def arabic(numeral: str) -> str:
    """Decimal digits of a run of `NUMERALS`: 二十三 and 二三 are 23, 百五 is 105."""
    if not re.search("[十百]", numeral):
        return "".join(_DIGITS[character] for character in numeral)
    total, last = 0, ""
    for character in numeral:
        if character in _DIGITS:
            last += _DIGITS[character]
        else:
            total, last = total + int(last or 1) * (10 if character == "十" else 100), ""
    return str(total + int(last or 0))
