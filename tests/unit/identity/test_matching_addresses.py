"""One address has one key however its numbers and its town are written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.identity.addresses import address_key

ONE_ADDRESS = [
    [
        "東京都新宿区西新宿二丁目8番1号",
        "新宿区西新宿2-8-1",
        "新宿区西新宿２丁目８－１",
        "東京都新宿区西新宿2丁目8番地1",
        "新宿区 西新宿 二-八-一",
        "新宿区西新宿2ー8ー1",
        "新宿区西新宿2丁目8の1",
        "〒163-8001 東京都新宿区西新宿2-8-1",
    ],
    [
        "新宿区西新宿2-8-1都庁ビル301号室",
        "新宿区西新宿2丁目8番1号 都庁ビル 301",
        "新宿区西新宿2-8-1 301 都庁ビル",
        "新宿区西新宿2-8-1 都庁ビル ＃３０１",
    ],
    ["新宿区西新宿2-8-1-301", "新宿区西新宿2丁目8-1 301号室"],
    ["千代田区霞が関1-2-3", "千代田区霞ヶ関一丁目2番3号", "千代田区霞ケ関1-2-3", "千代田区霞ガ関1丁目2-3"],
    ["三鷹市井の頭3-6-1", "三鷹市井ノ頭三丁目六番一号", "三鷹市井之頭3-6-1"],
    ["新宿区四谷1-1", "新宿区四ツ谷1-1", "新宿区四つ谷1丁目1"],
    ["札幌市中央区北5条西4丁目7番", "札幌市中央区北五条西四丁目7", "北海道札幌市中央区北5条西4-7"],
    ["仙台市青葉区一番町3-1-1", "仙台市青葉区一番町三丁目1番1号"],
    ["八王子市二十三番地の五", "八王子市23-5", "八王子市23番地5"],
    ["中央区八丁堀2-3-4", "中央区八丁堀二丁目3番4号"],
    ["長野県佐久市大字中込3056", "佐久市中込3056番地"],
    ["西多摩郡瑞穂町大字箱根ケ崎2335番地", "瑞穂町箱根ヶ崎2335"],
    ["愛知県蒲郡市本町1-1", "蒲郡市本町1番1号"],
    ["岩手県滝沢市鵜飼第2地割10-1", "滝沢市鵜飼第2地割10番地1"],
    ["堺市堺区南瓦町2丁3-20", "堺市堺区南瓦町2-3-20"],
    ["渡邉町1の2", "渡辺町1-2"],
    ["さいたま市大宮区桜木町1丁目10番地", "さいたま市大宮区桜木町1-10", "サイタマ市大宮区桜木町01-10"],
    ["横浜市西区みなとみらい2-3-1 クイーンズタワーA 12F", "横浜市西区みなとみらい2丁目3番1号クイーンズタワーＡ１２Ｆ"],
    ["12 Main St., Apt 4", "12 MAIN ST APT 4", "12 main st  apt. 4"],
]
DIFFERENT = [
    ("新宿区西新宿2-8-1", "新宿区西新宿2-8-11"),
    ("新宿区西新宿2-8-1", "新宿区西新宿28-1"),
    ("仙台市青葉区一番町3-1-1", "仙台市青葉区3-1-1"),
    ("札幌市中央区北5条西4-7", "札幌市中央区北4条西5-7"),
    ("新潟市中央区学校町通1番町602", "新潟市中央区学校町通2番町602"),
    ("郡山市本町1-1", "本町1-1"),
]


@pytest.mark.parametrize("addresses", ONE_ADDRESS, ids=lambda addresses: ascii(addresses[0]))
def test_ways_of_writing_one_address_have_one_key(addresses):
    assert {address_key(address) for address in addresses} == {address_key(addresses[0])} != {None}


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_addresses_keep_different_keys(one, other):
    assert address_key(one) != address_key(other)


def test_building_and_room_stand_apart_from_the_block():
    assert address_key("新宿区西新宿2-8-1 都庁ビル 301号室") == "新宿区西新宿2-8-1|都庁ビル301"
    assert address_key("東京都新宿区西新宿2丁目8番1号") == "新宿区西新宿2-8-1"


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_no_text_raises(text):
    key = address_key(text)
    assert key is None or key.strip()


TOWNS = st.sampled_from(
    [
        "新宿区西新宿",
        "札幌市中央区北五条西",
        "佐久市大字中込",
        "千代田区霞が関",
        "西多摩郡瑞穂町大字箱根ケ崎",
        "中央区八丁堀",
        "四ツ谷",
        "渡邉町字上ノ原",
    ]
)
NUMBERS = st.one_of(st.integers(1, 300).map(str), st.sampled_from(["一", "五", "九", "十", "二十三", "百五", "１２"]))
BETWEEN = st.sampled_from(["丁目", "-", "－", "番地", "番", "の", "ー", "‐", " - "])
BUILDINGS = st.sampled_from(["", " 都庁ビル301号室", "ハイツ南青山２０３", " A棟 12F", " 301", " 第2ビル#5", "二番館"])


@given(
    prefecture=st.sampled_from(["東京都", "大阪府", "北海道", "〒163-8001 ", "長野県 "]),
    town=TOWNS,
    blocks=st.lists(st.tuples(NUMBERS, BETWEEN), max_size=4).map(lambda parts: "".join(map("".join, parts))),
    number=NUMBERS,
    building=BUILDINGS,
)
@settings(max_examples=300, deadline=None)
def test_a_key_is_its_own_key_and_the_prefecture_is_optional(prefecture, town, blocks, number, building):
    key = address_key(town + blocks + number + building)
    assert key and address_key(key) == key
    assert address_key(prefecture + town + blocks + number + building) == key
