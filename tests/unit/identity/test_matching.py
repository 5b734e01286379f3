"""Names that are one name have one key, as Japanese shops, tills and forms write them; others do not."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.identity.matching import kana_key, name_key, read_variants, reading_key
from tests.unit.identity.macros import macros_of

ONE_NAME = [
    ["高橋", "髙橋", " 高橋　", "高 橋"],
    ["山崎", "山﨑", "山嵜"],
    ["渡辺", "渡邊", "渡邉"],
    ["斉藤", "齊藤", "斎藤", "齋藤"],
    ["沢田", "澤田"],
    ["広瀬", "廣瀬", "廣瀨"],
    ["浜田", "濱田", "濵田"],
    ["国分", "國分"],
    ["中島", "中嶋", "中嶌"],
    ["真由美", "眞由美"],
    ["吉田", "𠮷田"],
    ["桜井", "櫻井"],
    ["徳川", "德川"],
    ["神谷", "神谷"],  # a compatibility ideograph
    ["辻", "辻󠄀"],  # with a variation selector
    ["佐々木", "佐佐木"],
    ["さくら", "サクラ", "ｻｸﾗ", "さ くら"],
    ["ゆうこ", "ゆーこ", "ユウコ"],
    ["すゞ", "すず", "スズ"],
    ["みづほ", "みずほ"],
    ["エリ・ザベス", "エリザベス", "エリ･ザベス"],
    ["Anna-Lena", "ANNA LENA", "anna lena", "ａｎｎａｌｅｎａ"],
    ["José", "jose", "JOSÉ"],
    ["O'Neil", "O’Neil", "oneil"],
]
ONE_READING = [
    ["オオノ", "オーノ", "おおの", "ｵｵﾉ", "オウノ", "Ohno", "Oono", "Ōno", "OHNO"],
    ["サトウ", "サトー", "さとう", "Satoh", "Satou", "Satō"],
    ["シンイチ", "しんいち", "ｼﾝｲﾁ", "Shinichi", "Shin'ichi", "Shin-ichi", "Sinichi"],
    ["ショウタ", "シヨウタ", "ｼﾖｳﾀ", "ショータ", "Shouta", "Shōta", "Syouta"],
    ["キョウコ", "Kyouko", "Kyōko"],
    ["ジュンコ", "Junko", "Jyunko", "Zyunko"],
    ["ツヅキ", "ツズキ", "Tsuzuki", "Tuduki", "Tsudzuki"],
    ["チヂワ", "チジワ", "Chijiwa", "Tiziwa"],
    ["フジイ", "Fujii", "Huzii"],
    ["ホンマ", "Honma", "Homma"],
    ["ナンバ", "Namba", "Nanba"],
    ["ハットリ", "ハツトリ", "Hattori"],
    ["ケイコ", "ケーコ", "Keiko"],
    ["マッチャ", "Matcha", "Maccha"],
    ["ヴィクトリア", "ビクトリア"],
    ["ハ゛ハ゛", "バババ"[:2], "ハ\u3099ハ\u3099"],
    ["ヤマダ タロウ", "ヤマダタロウ", "Yamada Tarou"],
    ["McDonald", "mc donald", "ＭＣＤＯＮＡＬＤ"],
]


@pytest.mark.parametrize("names", ONE_NAME, ids=lambda names: ascii(names[0]))
def test_ways_of_writing_one_name_have_one_key(names):
    assert {name_key(name) for name in names} == {name_key(names[0])} != {None}


@pytest.mark.parametrize("names", ONE_READING, ids=lambda names: ascii(names[0]))
def test_ways_of_writing_one_reading_have_one_key(names):
    assert {kana_key(name) for name in names} == {kana_key(names[0])} != {None}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ユウキ", "ユキ"),
        ("オオノ", "オノ"),
        ("ヨウコ", "ヨコ"),
        ("カンノ", "カノ"),
        ("バンドウ", "ハンドウ"),
        ("リョウ", "リュウ"),
    ],
)
def test_names_that_sound_different_keep_different_keys(one, other):
    assert kana_key(one) != kana_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("坂本", "阪本"), ("伊藤", "伊東"), ("裕子", "祐子"), ("堀", "掘"), ("太田", "大田")]
)
def test_names_of_different_characters_keep_different_keys(one, other):
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(
    ("romaji", "kana"), [("Ono", "オオノ"), ("Sato", "サトウ"), ("Yuko", "ユウコ"), ("Ryo", "リョウ")]
)
def test_romaji_without_long_vowels_is_the_kana_without_their_marks(romaji, kana):
    assert kana_key(romaji) == kana_key(kana).replace("ー", "")


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("さくら", "サクラ"),
        ("Sakura", "サクラ"),
        ("桜", None),
        ("エリ子", None),
        ("Smith", None),
        ("Lee", None),
        ("山田 Taro", None),
    ],
)
def test_a_name_tells_its_reading_where_it_is_written_in_kana_or_romaji(name, reading):
    assert reading_key(name) == reading


@pytest.mark.parametrize("key", [name_key, kana_key, reading_key])
@pytest.mark.parametrize("nothing", ["", "　", "・", "-", "'", "ー"])
def test_what_holds_no_letter_has_no_key(key, nothing):
    assert key(nothing) is None


@pytest.mark.parametrize(
    ("one", "other", "agrees"),
    [
        (name_key("桜"), name_key("桜"), 1),
        (name_key("桜"), name_key("花"), 0),
        (name_key("桜"), name_key("さくら"), None),
        (name_key("桜"), name_key("Sakura"), None),
        (name_key("Mari"), name_key("Yuko"), 0),
        (kana_key("ユウコ"), kana_key("Yuko"), None),
        (kana_key("ユウコ"), kana_key("Yuuko"), 1),
        (kana_key("ユウコ"), kana_key("ハナコ"), 0),
        (kana_key("ユウコ"), None, None),
    ],
)
def test_names_in_two_scripts_or_without_long_vowels_neither_agree_nor_differ(one, other, agrees):
    sql = macros_of("identity/conflicts.sql")["agrees_in_name"]("name")
    sides = "(select cast(? as varchar) as name)"
    query = f"select {sql} from {sides} as left_said, {sides} as right_said"
    [found] = duckdb.execute(query, [one, other]).fetchall()
    assert found == (agrees,)


NAMES = st.one_of(
    st.text(max_size=20),
    st.text(
        alphabet="アイウエオカケコンッャュョーヴヂヅヽヾ々゛゜ァぁうおーがohnOHNaiueokstm'ūō 髙邉齋斎佐・-", max_size=12
    ),
)


@pytest.mark.parametrize("key", [name_key, kana_key, reading_key])
@given(text=NAMES)
@settings(max_examples=200, deadline=None)
def test_no_text_raises_and_a_key_is_its_own_key(key, text):
    found = key(text)
    assert found is None or (found and key(found) == found)


def test_rows_of_the_variants_that_hang_together_are_one_family(tmp_path):
    table = tmp_path / "kanji_variants.csv"
    table.write_text("variant,standard\n齋,斎\n斎,斉\n齊,斉\n甲,乙\n乙,甲\n", encoding="utf-8")
    variants = read_variants(table)
    assert "齋斎齊斉".translate(variants) == "斉斉斉斉"
    assert len(set("甲乙".translate(variants))) == 1
