"""Matching keys of names: what two records are compared by, never what is shown.

A staged name stays as its owner writes it (髙橋); its key is the same for every way of writing it (高橋). Pure
functions from staged text to text; None where nothing is left to compare. Keys of keys are themselves.
"""

import csv
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from dagster_project.identity import romaji
from dagster_project.project import seeds

VARIANTS = "kanji_variants"  # the rule table

# Which glyph of a character was meant (IVS) says nothing about which character.
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# What NFKC and lower case leave alone.
_SIMPLE = re.compile("[a-z0-9 ぁ-ゖァ-ヺー々一-鿋]*")
TO_KATAKANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
_LATIN = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
_OTHERS = re.compile(r"[\W_]+")
_KATAKANA = re.compile("[ァ-ヺー]")
_IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_REPEATED = re.compile("(.)([々ヽヾ]+)")

# Legacy systems write no small kana, and readers differ on what sounds alike.
_SAME_KANA = str.maketrans("ァィゥェォッャュョヮヵヶヂヅヰヱヲヷヸヹヺ", "アイウエオツヤユヨワカケジズイエオバビベボ")
_VU = re.compile("ヴ([ァィェォアイエオ]?)")
_VU_ROW = dict(zip("ァィェォアイエオ", "バビベボバビベボ", strict=True)) | {"": "ブ"}
# Romaji does not tell ン before a vowel from the na row: Shinichi.
_NASAL = re.compile("ン([アイウエオヤユヨ])")
_NASAL_ROW = dict(zip("アイウエオヤユヨ", ("ナ", "ニ", "ヌ", "ネ", "ノ", "ニヤ", "ニユ", "ニヨ"), strict=True))
# A long vowel is ー however it is written: オオノ, オウノ, オーノ; ケイコ, ケーコ.
_LONG_VOWELS = [
    (re.compile(f"([{row}])[{vowels}ー]+"), r"\1ー")
    for row, vowels in (
        ("アカガサザタダナハバパマヤラワ", "ア"),
        ("イキギシジチニヒビピミリ", "イ"),
        ("ウクグスズツヌフブプムユル", "ウ"),
        ("エケゲセゼテデネヘベペメレ", "エイ"),
        ("オコゴソゾトドノホボポモヨロ", "オウ"),
    )
]
_STRAY_LONG = re.compile("(?<![ァ-ヲ])ー+")


@cache
def variants() -> dict[int, str]:
    """The rule table kanji_variants as a translation to one character of each family."""
    return read_variants(seeds() / "rules" / f"{VARIANTS}.csv")


def read_variants(file: Path) -> dict[int, str]:
    """Rows (variant, standard) as a translation. Rows that hang together are one family, whatever their order."""
    with file.open(encoding="utf-8-sig", newline="") as handle:
        rows = [(row["variant"], row["standard"]) for row in csv.DictReader(handle)]
    family: dict[str, set[str]] = {}
    for variant, standard in rows:
        merged = family.get(variant, {variant}) | family.get(standard, {standard})
        family |= dict.fromkeys(merged, merged)
    written = {variant for variant, _ in rows}
    # The standard form stands for its family; where rows go round in a circle, the first of them.
    heads = {member: min(members - written or members) for member, members in family.items()}
    return {ord(member): head for member, head in heads.items() if member != head and len(member) == 1}


def name_key(value: str, table: Mapping[int, str] | None = None) -> str | None:
    """The key of a family or given name as written.

    Old and new kanji, hiragana and katakana, long vowels of kana, width, case, accents, spaces and dots are one.
    """
    text = _letters(plain(value)).translate(variants() if table is None else table)
    return _folded(text) or None


def kana_key(value: str) -> str | None:
    """The key of a reading: katakana, of kana in any writing or of romaji; other text in plain lower case.

    ー stands for a long vowel. Without it, the key is that of somebody who writes none in romaji (Ono).
    """
    text = plain(value)
    letters = _STRAY_LONG.sub("", _letters(text))
    return _folded(romaji.katakana(text) or romaji.katakana(letters) or letters) or None


def reading_key(value: str) -> str | None:
    """`kana_key` of a name that is written in kana or romaji; None where its reading does not show."""
    if _IDEOGRAPH.search(value):
        return None
    key = kana_key(value)
    return key if key and re.fullmatch("[ァ-ヺー]+", key) else None


def plain(value: str) -> str:
    """NFKC, lower case, katakana; spaces and punctuation still there."""
    if not _SIMPLE.fullmatch(value):
        composed = _SELECTORS.sub("", value).replace("゛", "\u3099").replace("゜", "\u309a")
        value = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", composed).casefold())
    return value.translate(TO_KATAKANA)


def _spelt_out(found: re.Match[str]) -> str:
    """佐々 is 佐佐, スヾ is スズ."""
    first = found[1]
    bare = unicodedata.normalize("NFD", first)[0]
    voiced = unicodedata.normalize("NFC", bare + "\u3099")
    read = {"々": first, "ヽ": bare, "ヾ": voiced if len(voiced) == 1 else bare}
    return first + "".join(read[mark] for mark in found[2])


def _letters(text: str) -> str:
    """Letters and digits alone, Latin ones without accents, iteration marks spelt out."""
    bare = _LATIN.sub(lambda found: unicodedata.normalize("NFD", found[0])[0], text)
    return _REPEATED.sub(_spelt_out, _OTHERS.sub("", bare))


def _folded(text: str) -> str:
    """Katakana in `text` as it sounds, long vowels as ー."""
    if not _KATAKANA.search(text):
        return text
    text = _STRAY_LONG.sub("", _VU.sub(lambda found: _VU_ROW[found[1]], text).translate(_SAME_KANA))
    text = _NASAL.sub(lambda found: _NASAL_ROW[found[1]], text)
    for pattern, written in _LONG_VOWELS:
        text = pattern.sub(written, text)
    return text
