"""Columns of text from the plan's numbers, vectorised in Arrow. A negative index means: nothing there
(null).
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.sample.shop import Shop

_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_BLOCKS = pa.array([f"{n:04d}" for n in range(10_000)])
_WIDE_BLOCKS = pa.array([f"{n:04d}".translate(_WIDE) for n in range(10_000)])


def pick(words: list[str] | pa.Array, index: np.ndarray) -> pa.Array:
    """The word at each index; an empty word is nothing."""
    if not isinstance(words, pa.Array):
        words = pa.array([word or None for word in words], pa.string())
    return pc.take(words, pa.array(index, mask=np.asarray(index) < 0))


def numbered(prefix: str, number: np.ndarray, width: int) -> pa.Array:
    """`prefix` and the number with leading zeros."""
    digits = pc.utf8_lpad(pc.cast(pa.array(number, mask=np.asarray(number) < 0), pa.string()), width, "0")
    return join(prefix, digits) if prefix else digits


def join(*parts: pa.Array | str) -> pa.Array:
    """Texts end to end; null where one is null."""
    return pc.binary_join_element_wise(*parts, "")


def digits(number: np.ndarray) -> pa.Array:
    """Whole numbers as text."""
    return pc.cast(pa.array(np.asarray(number, np.int64)), pa.string())


def flags(values: np.ndarray, words: tuple[str, str] = ("false", "true")) -> pa.Array:
    """Truth values in a system's own words; -1 is blank."""
    return pick(list(words), np.asarray(values).astype(np.int64))


def blank(column: pa.Array, where: np.ndarray) -> pa.Array:
    """The column with nothing where `where`."""
    return pc.if_else(pa.array(where), pa.scalar(None, column.type), column)


def moments(shop: Shop, seconds: np.ndarray, style: str = "offset") -> pa.Array:
    """Tokyo times: `offset` 2026-01-05T13:05:00+09:00, `plain` without offset, `slash` 2026/01/05 13:05:00,
    `utc` 2026-01-05T04:05:00Z.
    """
    if style == "utc":
        return join(pc.replace_substring(moments(shop, np.asarray(seconds) - 9 * 3600, "plain"), " ", "T"), "Z")
    text = pc.cast(pa.array(shop.times(seconds).astype("datetime64[s]")), pa.string())
    if style == "slash":
        return pc.replace_substring(text, "-", "/")
    return text if style == "plain" else join(pc.replace_substring(text, " ", "T"), "+09:00")


def days(dates: np.ndarray, style: str = "plain") -> pa.Array:
    """Dates: `plain` 1990-01-05, `slash` 1990/01/05, `kanji` 1990年01月05日."""
    text = pc.cast(pa.array(dates.astype("datetime64[D]")), pa.string())
    if style == "plain":
        return text
    if style == "slash":
        return pc.replace_substring(text, "-", "/")
    parts = [pc.utf8_slice_codeunits(text, *cut) for cut in ((0, 4), (5, 7), (8, 10))]
    return join(parts[0], "年", parts[1], "月", parts[2], "日")


def choose(style: np.ndarray, *columns: pa.Array) -> pa.Array:
    """Row by row, the column that `style` names."""
    return pc.choose(pa.array(np.asarray(style, np.int64)), *columns)


def phones(number: np.ndarray, style: np.ndarray) -> pa.Array:
    """Mobile numbers as people write them: 0 hyphens, 1 digits alone, 2 full width, 3 international."""
    head = number // 10**8
    middle, tail = number // 10**4 % 10**4, number % 10**4
    heads = [f"0{h}" for h in range(100)]
    plain = (pick(heads, head), pick(_BLOCKS, middle), pick(_BLOCKS, tail))
    wide_heads = [h.translate(_WIDE) for h in heads]
    wide = (pick(wide_heads, head), "－", pick(_WIDE_BLOCKS, middle), "－", pick(_WIDE_BLOCKS, tail))
    hyphens = join(plain[0], "-", plain[1], "-", plain[2])
    abroad = join("+81 ", pc.utf8_slice_codeunits(plain[0], 1), "-", plain[1], "-", plain[2])
    return choose(style, hyphens, join(*plain), join(*wide), abroad)


def half_kana(words: list[str]) -> list[str]:
    """Half-width kana, as old tills print them."""
    full = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲ"
    full += "ンァィゥェォャュョッー"
    half = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｬｭｮｯｰ"
    table = dict(zip(full, half, strict=True))
    voiced = zip("ガギグゲゴザジズゼゾダヂヅデドバビブベボ", "ｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎ", strict=True)
    table |= {letter: base + "ﾞ" for letter, base in voiced}
    table |= {letter: base + "ﾟ" for letter, base in zip("パピプペポ", "ﾊﾋﾌﾍﾎ", strict=True)}
    return ["".join(table.get(letter, letter) for letter in word) for word in words]
