"""Names in Latin letters read as katakana: Hepburn, Kunrei and what people mix of the two.

No library does this for names: those there are take any letters (`McDonald` gives kana as well), and read the n of
Shinichi as part of ni. Here a word is either romaji from end to end or none.
"""

import re
import unicodedata
from functools import cache

_VOWELS = "aiueo"
# Consonant(s) -> kana of a, i, u, e, o; a dash where romaji has no such syllable.
_ROWS = """
    - ア イ ウ エ オ | k カ キ ク ケ コ | g ガ ギ グ ゲ ゴ | s サ シ ス セ ソ | z ザ ジ ズ ゼ ゾ | t タ チ ツ テ ト
    d ダ ヂ ヅ デ ド | n ナ ニ ヌ ネ ノ | h ハ ヒ フ ヘ ホ | b バ ビ ブ ベ ボ | p パ ピ プ ペ ポ | m マ ミ ム メ モ
    y ヤ - ユ - ヨ | r ラ リ ル レ ロ | w ワ ヰ - ヱ ヲ | sh シャ シ シュ シェ ショ | ch チャ チ チュ チェ チョ
    ts - - ツ - - | f ファ フィ フ フェ フォ | j ジャ ジ ジュ ジェ ジョ | dz - - ヅ - - | jy ジャ - ジュ - ジョ
    ky キャ - キュ - キョ | gy ギャ - ギュ - ギョ | sy シャ - シュ - ショ | zy ジャ - ジュ - ジョ
    ty チャ - チュ - チョ | dy ヂャ - ヂュ - ヂョ | ny ニャ - ニュ - ニョ | hy ヒャ - ヒュ - ヒョ
    by ビャ - ビュ - ビョ | py ピャ - ピュ - ピョ | my ミャ - ミュ - ミョ | ry リャ - リュ - リョ
"""
_LONG = "\N{COMBINING MACRON}\N{COMBINING CIRCUMFLEX ACCENT}"
_DOUBLED = re.compile(r"(?:([kgsztdbpf])(?=\1)|t(?=ch)|c(?=ch))")
# An h after a vowel lengthens it where no vowel or y follows: Ohno, Satoh, Yuhki; not Ohara.
_LONG_H = re.compile(r"(?<=[aiueo])h(?![aiueoy])")
_NASAL = re.compile(r"n'|n(?![aiueoy])|m(?=[bpm])")


@cache
def _syllables() -> dict[str, str]:
    table: dict[str, str] = {}
    for row in re.split(r"[|\n]", _ROWS.strip()):
        consonant, *kana = row.split()
        table |= {consonant.strip("-") + vowel: text for vowel, text in zip(_VOWELS, kana, strict=True) if text != "-"}
    return table


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(sorted(_syllables(), key=len, reverse=True)) + "|[ーンッ]")


def katakana(text: str) -> str | None:
    """`text` (any case, one or several words) as katakana without spaces; None where a word is no romaji.

    A long vowel that is written (oo, ou, oh, ō) stays one; one that is left out cannot be known.
    """
    letters = unicodedata.normalize("NFD", text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    letters = re.sub("[\u0300-\u036f]", "", re.sub(f"(?<=[aiueo])[{_LONG}]", "ー", letters))
    read = [_word(word) for word in re.split(r"[\s.,・-]+", letters) if word]
    return None if not read or None in read else "".join(word for word in read if word)


def _word(word: str) -> str | None:
    if not re.fullmatch("[a-z'ー]{2,}", word):
        return None
    marked = _NASAL.sub("ン", _LONG_H.sub("ー", _DOUBLED.sub("ッ", word)))
    kana = _pattern().findall(marked)
    return "".join(_syllables().get(part, part) for part in kana) if "".join(kana) == marked else None
