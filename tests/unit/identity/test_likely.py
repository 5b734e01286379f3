"""Probabilistic links on records of planted truth: who is found, who is kept apart; order plays no part."""

import random
from datetime import date

import duckdb
import pyarrow as pa
import pytest

from dagster_project.errors import StageFailed
from dagster_project.identity.likely.declaration import Sample, load_declaration
from dagster_project.identity.likely.links import likely_links, match_weights
from dagster_project.identity.likely.tables import PRIOR, WEIGHTS
from dagster_project.project import ROOT

FAMILIES = [
    *("佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤"),
    *("吉田", "山田", "佐々木", "山口", "松本", "井上", "木村", "林", "斎藤", "清水"),
]
GIVEN = [
    *("花子", "美咲", "陽子", "恵子", "由美", "真由美", "久美子", "愛", "舞", "彩"),
    *("健一", "誠", "大輔", "拓也", "翔", "直樹", "隆", "浩", "学", "哲也"),
]
TOWNS = [
    *("渋谷区神南", "新宿区西新宿", "大阪市北区梅田"),
    *("横浜市西区高島", "札幌市中央区大通西", "福岡市博多区博多駅前"),
]
SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("identifier_key", pa.int64()),
        ("member_key", pa.int64()),
        *((f"{part}_name_{kind}", pa.string()) for part in ("last", "first") for kind in ("key", "kana_key")),
        ("birth_date", pa.date32()),
        *((name, pa.string()) for name in ("gender", "postal_code", "prefecture", "address_key", "phone", "email")),
    ]
)
SHIPPED = load_declaration(ROOT / "seeds")
QUICK = SHIPPED.model_copy(update={"sample": Sample(pairs=20_000, seed=1, weight=100_000)})


def card(key: int, **values) -> dict:
    """A store card of 如月 沙織, who appears nowhere else, with `values` in place of hers."""
    shipped = {
        "source": "store_cards",
        "identifier_key": key,
        "last_name_key": "如月",
        "first_name_key": "沙織",
        "last_name_kana_key": "キサラギ",
        "first_name_kana_key": "サオリ",
        "birth_date": date(1984, 3, 9),
        "gender": "female",
        "postal_code": "604-8005",
        "prefecture": "京都府",
        "address_key": "京都市中京区恵比須町2-7-14",
        "phone": "+819012345678",
        "email": "saori.y@example.jp",
    }
    return shipped | values


def strangers(count: int) -> list[dict]:
    """As many members, no two of them one person."""
    chance = random.Random(3)
    return [
        card(
            1_000_000 + number,
            source="members",
            member_key=1_000_000 + number,
            last_name_key=chance.choice(FAMILIES),
            first_name_key=chance.choice(GIVEN),
            last_name_kana_key=None,
            first_name_kana_key=None,
            birth_date=date.fromordinal(chance.randrange(715_000, 735_000)),
            gender=chance.choice(["female", "male"]),
            postal_code=f"{chance.randrange(100, 160)}-{chance.randrange(20):04}",
            prefecture=chance.choice(["東京都", "大阪府"]),
            address_key=chance.choice(TOWNS) + "-".join(str(chance.randrange(1, end)) for end in (9, 30, 20)),
            phone=f"+8190{chance.randrange(10**8):08}",
            email=f"{chance.randrange(10**6)}@example.com",
        )
        for number in range(count)
    ]


SHOP = strangers(400)


def table(rows: list[dict]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def statuses(rows: list[dict], declaration=QUICK) -> dict[tuple[int, int], str]:
    """The pairs found, by keys."""
    found = likely_links(table(rows), declaration).to_pylist()
    return {(row["left_key"], row["right_key"]): row["status"] for row in found if row["comparison"] == PRIOR}


# Of each, one card says what `person` says and another this instead.
OF_ONE_PERSON = {
    "phone_mistyped": {"phone": "+819012340087", "email": None},
    "in_kana": {"last_name_key": "キサラギ", "first_name_key": "サオリ", "address_key": None, "email": None},
    "names_exchanged": {"last_name_key": "沙織", "first_name_key": "如月", "phone": None, "email": None},
    "birth_date_mistyped": {"birth_date": date(1984, 3, 19), "phone": None, "email": "other@example.com"},
    "married": {"last_name_key": "大野", "last_name_kana_key": "オーノ", "email": None},
    "postal_code_mistyped": {"postal_code": "604-8050", "address_key": "恵比須町2-7-14", "phone": None, "email": None},
    "moved": {"postal_code": "060-0042", "prefecture": "北海道", "address_key": "札幌市中央区大通西3-6", "email": None},
    "email_mistyped": {"email": "saori.y@exmaple.jp", "birth_date": None, "phone": None},
}
OF_TWO_PERSONS = {
    # households, with all that they share
    "mother": {"first_name_key": "久美子", "first_name_kana_key": "クミコ", "birth_date": date(1955, 1, 20)},
    "sister": {"first_name_key": "沙也加", "first_name_kana_key": "サヤカ", "birth_date": date(1987, 7, 1)},
    "somebody_of_the_house": {"first_name_key": None, "first_name_kana_key": None, "birth_date": None},
    "twin_brother": {"first_name_key": "翔", "first_name_kana_key": "ショー", "gender": "male"},
    "namesake": {
        "birth_date": date(1961, 12, 30),
        "postal_code": "150-0041",
        "prefecture": "東京都",
        "address_key": "渋谷区神南1-2-3",
        "phone": "+819099998888",
        "email": "kisaragi@example.com",
    },
}


@pytest.mark.parametrize("case", OF_ONE_PERSON)
def test_a_card_of_the_same_person_with_errors_is_used(case):
    assert statuses([*SHOP, card(1), card(2, **OF_ONE_PERSON[case])]) == {(1, 2): "used"}


@pytest.mark.parametrize("case", OF_TWO_PERSONS)
def test_another_person_is_no_pair_however_much_they_share(case):
    assert statuses([*SHOP, card(1), card(2, **OF_TWO_PERSONS[case])]) == {}


def test_a_pair_between_the_thresholds_is_for_review():
    less = {"birth_date": None, "phone": None, "email": None, "address_key": None}
    found = likely_links(table([*SHOP, card(1), card(2, **less)]), QUICK)
    [probability] = {row["match_probability"] for row in found.to_pylist()} or {0.0}
    thresholds = QUICK.thresholds.model_copy(update={"lower": probability / 2, "upper": (1 + probability) / 2})
    assert 0 < probability < 1
    wider = QUICK.model_copy(update={"thresholds": thresholds})
    assert statuses([*SHOP, card(1), card(2, **less)], wider)[1, 2] == "review"


def test_two_members_are_never_a_pair_and_a_members_card_is_asked_about_no_more():
    records = [
        card(1, source="members", member_key=1),
        card(2, source="members", member_key=2),
        card(3, member_key=2),
        card(4, member_key=1),
        card(5),
    ]
    assert set(statuses([*SHOP, *records])) == {(1, 5), (2, 5), (3, 5), (4, 5)}


def test_the_order_of_records_plays_no_part_and_neither_does_the_run():
    records = [*SHOP]
    for number in range(40):
        twice = {**SHOP[number], "source": "store_cards", "member_key": None, "identifier_key": number, "phone": None}
        records.append(twice | ({"birth_date": None} if number % 2 else {"email": None}))
    first = likely_links(table(records), QUICK)
    assert first.schema == WEIGHTS
    assert first.num_rows > 40 * 8
    for seed in (1, 2):
        random.Random(seed).shuffle(records)
        assert likely_links(table(records), QUICK).equals(first)


def test_the_weights_of_a_pair_add_up_to_its_own():
    found = likely_links(table([*SHOP, card(1), card(2, email=None)]), QUICK).to_pylist()
    names = [PRIOR, *(comparison.name for comparison in QUICK.comparisons)]
    assert [row["comparison"] for row in found] == names
    assert sum(row["weight"] for row in found) == pytest.approx(found[0]["match_weight"], abs=0.001)
    assert {row["comparison"]: row["level"] for row in found}["email"] == "missing"


def test_a_rare_name_weighs_more_than_a_common_one():
    common = [{**row, "last_name_key": "佐藤"} for row in SHOP[:200]]
    cards = [card(1), card(2), card(3, last_name_key="佐藤", phone="+819000000000"), card(4, last_name_key="佐藤")]
    found = likely_links(table([*common, *SHOP[200:], *cards]), QUICK).to_pylist()
    same = [row for row in found if (row["comparison"], row["level"]) == ("family_name", "same")]
    weight = {row["left_key"]: row["weight"] for row in same}
    assert weight[1] > weight[3] + 3


def test_in_a_shop_of_two_cards_a_common_name_proves_nothing():
    nothing_else = {"phone": None, "email": None, "birth_date": None, "address_key": None, "postal_code": None}
    assert statuses([card(1, **nothing_else), card(2, **nothing_else)]) == {}
    assert statuses([card(1, phone=None), card(2, email=None)]) == {(1, 2): "used"}
    assert statuses([card(1)]) == {}
    assert statuses([]) == {}


def test_a_block_of_too_many_pairs_stops_with_its_name_before_a_pair_is_made():
    narrow = QUICK.model_copy(update={"pairs_per_block": 5})
    cards = [card(number) for number in range(4)]
    with pytest.raises(StageFailed, match=r"pairs_per_block .* \(5\) in email \(6\), phone \(6\), birth_and_"):
        likely_links(table(cards), narrow)
    # Members among themselves are no pairs, and do not count.
    assert statuses([*SHOP, card(1), card(2), card(3)], narrow) != {}


def test_the_setting_turns_them_on_and_off(tmp_path):
    with duckdb.connect(tmp_path / "warehouse.duckdb") as con:
        records = con.from_arrow(table([card(1), card(2)]))
        off, on = (con.sql(f"select 'probabilistic' as name, '{value}' as value") for value in "01")
        assert match_weights(con, records, off).equals(WEIGHTS.empty_table())
        assert match_weights(con, records, on).num_rows == 1 + len(SHIPPED.comparisons)
    assert not list((tmp_path / "scratch").iterdir())
