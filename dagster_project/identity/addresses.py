"""Matching keys of addresses: `town block` up to the house number, then `|` and what is written of building and room.

Rules on the text alone, without a gazetteer: those there are for Python bring or fetch a list of every town of Japan
to say where an address lies. Here two writings of one address need only come out alike, also of a town that is not on
any list.
"""

import re

from dagster_project.identity import matching
from dagster_project.staging.numerals import NUMERALS, arabic
from dagster_project.staging.prefectures import PREFECTURES

_JAPANESE = re.compile("[\u3041-\u30ff\u3400-\u9fff]")
_HYPHENS = re.compile("[-‐‑‒–—―−─━﹣－ｰ~〜]")
# A space says something beside a number only: 1-2-3 201.
_LOOSE_SPACE = re.compile(rf"(?<![0-9{NUMERALS}-]) (?![0-9{NUMERALS}-])")
_SMALL = str.maketrans("ァィゥェォッャュョヮヵヶヰヱヲヂヅ", "アイウエオツヤユヨワカケイエオジズ")
_POSTAL_CODE = re.compile(r"^〒?\s*[0-9]{3}\s*-?\s*[0-9]{4}(?![0-9-])\s*")
_PREFECTURE = re.compile("^(" + "|".join(name for name, _ in PREFECTURES) + r")\s*")
# 郡 is often left out; 郡山市, 蒲郡市 and 大和郡山市 are no districts.
_DISTRICT = re.compile("^[^市区町村0-9]{1,5}郡(?!山?市)(?=.+[町村])")

_NUMERALS = re.compile(f"[{NUMERALS}]+")
_KANJI_NUMBER = re.compile(
    f"(?<![{NUMERALS}])[{NUMERALS}]+(?=丁目|番地|番(?![町丁])|号(?!線)|条|[-のノ之][0-9{NUMERALS}])"
    f"|(?<=[0-9][-のノ之])[{NUMERALS}]+|(?<=丁目|番地)[{NUMERALS}]+|(?<=番地[ノ之])[{NUMERALS}]+"
)
_BETWEEN_NUMBERS = re.compile(rf"(?<=[0-9{NUMERALS}])\s*[-ー]\s*(?=[0-9{NUMERALS}])")
_KANJI_CHAIN = re.compile(f"[{NUMERALS}]+(?:[-のノ之][{NUMERALS}]+)+")
_BLOCK_WORDS = re.compile(
    r"(?<=[0-9])\s*(?:丁目|丁(?=\s*(?:[0-9]|$))|番地[のノ之]?|番(?![町丁館])|号(?![室館棟線])|[のノ之](?=\s*[0-9]))\s*"
)
# The first number that names no street, row or town: 北5条西4丁目, 第2地割, 3番町.
_BLOCK = re.compile(r"(?<![0-9第])[0-9]+(?:-[0-9]+)*(?![0-9]*(?:条|線|号線|地割|番町|番丁|区|町|丁町|の))")
_HYPHEN_RUN = re.compile("-{2,}")
_END_OF_CHAIN = re.compile("-+(?![0-9])")
_SECTION = re.compile("大字|小字|(?<=[市区町村])字|(?<=[^文十八])字(?![町村]|$)")
# Some write them and some do not: 霞ヶ関, 霞が関; 丸の内, 丸ノ内; 四ツ谷, 四谷.
_BETWEEN_KANJI = re.compile("(?<=[一-鿋々])[ケガカノ之ツ](?=[一-鿋])")
_ROOM = re.compile(r"(?<=[0-9])(?:号室|号|室)|#|\bno\.?(?=[0-9])")


def address_key(value: str) -> str | None:
    """The key of a staged address; None where nothing is left.

    Postal code, prefecture and district before it do not count. Text without kanji and kana is plain lower case.
    """
    place, _, rest = _plain(value).partition("|")
    place, more = _place(_DISTRICT.sub("", _PREFECTURE.sub("", _POSTAL_CODE.sub("", place))))
    rest = _rest(f"{more} {rest}")
    return f"{place}|{rest}" if place and rest else place or rest or None


def _place(text: str) -> tuple[str, str]:
    """Town and block as the key has them, and what follows them."""
    if not _JAPANESE.search(text):
        return " ".join(re.sub(r"[^\w-]+|_|(?<![0-9])-|-(?![0-9])", " ", text).split()), ""
    text = _blocks(re.sub(r"[^\w\s-]+", "", _LOOSE_SPACE.sub("", text)).translate(matching.variants()))
    found = _BLOCK.search(text)
    if not found:
        return _town(text), ""
    numbers = [number.lstrip("0") or "0" for number in found[0].split("-")]
    return _town(text[: found.start()]) + "-".join(numbers[:3]), "-".join(numbers[3:]) + " " + text[found.end() :]


def _plain(value: str) -> str:
    """NFKC, lower case, katakana of full size, one kind of hyphen, single spaces."""
    text = matching.plain(value).translate(_SMALL)
    return " ".join(_HYPHENS.sub("-", text).split())


def _blocks(text: str) -> str:
    """`text` with kanji numerals of blocks as digits, and hyphens for 丁目, 番地, 番, 号 and の between them."""
    text = _BETWEEN_NUMBERS.sub("-", text)
    text = _KANJI_CHAIN.sub(lambda found: _NUMERALS.sub(_in_digits, found[0]), text)
    text = _KANJI_NUMBER.sub(_in_digits, text)
    text = _BLOCK_WORDS.sub("-", text)
    return _END_OF_CHAIN.sub(" ", _HYPHEN_RUN.sub("-", text)).strip()


def _in_digits(found: re.Match[str]) -> str:
    return arabic(found[0])


def _town(text: str) -> str:
    compact = re.sub(r"[^\w]+", "", text)
    return _SECTION.sub("", _BETWEEN_KANJI.sub("", compact))


def _rest(text: str) -> str:
    """Building, then its numbers: センタービル301, 301号室 センタービル."""
    text = _ROOM.sub("", text)
    numbers = [number.lstrip("0") or "0" for number in re.findall("[0-9]+", text)]
    return re.sub(r"[\W0-9_]+", "", text) + "-".join(numbers)
