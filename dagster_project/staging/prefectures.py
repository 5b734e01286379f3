"""The 47 prefectures under the names that sources give them. A table and its look-up; no rules of a run."""

import re
import unicodedata

# Canonical name and romaji, in the order of JIS X 0401 (JP-01 ... JP-47).
PREFECTURES = (
    ("北海道", "hokkaido"),
    ("青森県", "aomori"),
    ("岩手県", "iwate"),
    ("宮城県", "miyagi"),
    ("秋田県", "akita"),
    ("山形県", "yamagata"),
    ("福島県", "fukushima"),
    ("茨城県", "ibaraki"),
    ("栃木県", "tochigi"),
    ("群馬県", "gunma"),
    ("埼玉県", "saitama"),
    ("千葉県", "chiba"),
    ("東京都", "tokyo"),
    ("神奈川県", "kanagawa"),
    ("新潟県", "niigata"),
    ("富山県", "toyama"),
    ("石川県", "ishikawa"),
    ("福井県", "fukui"),
    ("山梨県", "yamanashi"),
    ("長野県", "nagano"),
    ("岐阜県", "gifu"),
    ("静岡県", "shizuoka"),
    ("愛知県", "aichi"),
    ("三重県", "mie"),
    ("滋賀県", "shiga"),
    ("京都府", "kyoto"),
    ("大阪府", "osaka"),
    ("兵庫県", "hyogo"),
    ("奈良県", "nara"),
    ("和歌山県", "wakayama"),
    ("鳥取県", "tottori"),
    ("島根県", "shimane"),
    ("岡山県", "okayama"),
    ("広島県", "hiroshima"),
    ("山口県", "yamaguchi"),
    ("徳島県", "tokushima"),
    ("香川県", "kagawa"),
    ("愛媛県", "ehime"),
    ("高知県", "kochi"),
    ("福岡県", "fukuoka"),
    ("佐賀県", "saga"),
    ("長崎県", "nagasaki"),
    ("熊本県", "kumamoto"),
    ("大分県", "oita"),
    ("宮崎県", "miyazaki"),
    ("鹿児島県", "kagoshima"),
    ("沖縄県", "okinawa"),
)
_ROMAJI_SUFFIX = re.compile(r"([\s-]*(prefecture|pref\.?|metropolis)|[\s-]+(to|do|fu|ken))$")


def _known_words() -> dict[str, str]:
    words = {}
    for number, (name, romaji) in enumerate(PREFECTURES, start=1):
        bare = name if name == "北海道" else name[:-1]
        words.update({name: name, bare: name, romaji: name, f"jp-{number:02d}": name})
    return words | {
        "gumma": "群馬県",
        "ohita": "大分県",
        "oosaka": "大阪府",
        "toukyou": "東京都",
        "hyougo": "兵庫県",
    }


_WORDS = _known_words()


def canonical_prefecture(text: str) -> str | None:
    """The canonical name of `text` (NFKC): kanji or romaji with or without suffix, ISO 3166-2; else None."""
    compact = re.sub(r"\s", "", text)
    if compact in _WORDS:
        return _WORDS[compact]
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c)).strip()
    return _WORDS.get(plain) or _WORDS.get(_ROMAJI_SUFFIX.sub("", plain))
