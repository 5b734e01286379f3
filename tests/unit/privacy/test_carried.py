"""Which rows are an erased person's, and what is left of them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pyarrow import parquet

from dagster_project.home import Home
from dagster_project.landing.contract import sources
from dagster_project.privacy import tombstones
from dagster_project.privacy.carried import Carried, carried, carried_by_file
from dagster_project.privacy.overwrite import overwrite
from dagster_project.privacy.tombstones import Tombstones
from tests.unit.privacy.landed_files import Row, read, write

Judge = Callable[..., Carried]
ERASED = [
    ("member_id", "m1", False),
    ("email", "a@example.jp", False),
    ("phone", "+819011112222", False),
    ("line_user_id", "L1", False),
    ("visitor_id", "v1", False),
    ("email", "family@example.jp", True),
]


HIS_ACTS = [("web_events", "e1", False), ("survey_answers", "s1", False)]


@pytest.fixture
def stones(tmp_path: Path) -> Tombstones:
    return tombstones.write(Home.open(tmp_path / "home"), "e1", [*ERASED, *HIS_ACTS])


@pytest.fixture
def judge(tmp_path: Path, stones: Tombstones) -> Judge:
    def of(source: str, *rows: Row) -> Carried:
        return carried(write(tmp_path / "f1.parquet", source, list(rows)), sources()[source], stones)

    return of


@pytest.mark.parametrize("phone", ["090-1111-2222", "０９０−１１１１−２２２２", "+81 90 1111 2222", "9011112222"])
def test_an_identifier_is_known_in_every_way_of_writing_it(judge: Judge, phone: str) -> None:
    assert judge("ec_orders", {"order_id": "o1", "phone": phone}, {"order_id": "o2", "phone": "09011113333"}).whole == {
        2
    }


def test_the_kind_of_a_value_is_the_one_that_the_row_says(judge: Judge) -> None:
    found = judge(
        "message_events",
        {"channel": "email", "address": " A@Example.jp "},
        {"channel": "sms", "address": "090 1111 2222"},
        {"channel": "line", "address": "L1"},
        {"channel": "push", "address": "L1"},
        {"channel": "line", "address": "v1"},
    )
    assert (found.whole, found.cells) == ({2, 3, 4}, {})


def test_a_row_that_a_member_id_or_card_says_is_anothers_loses_the_cell_alone(judge: Judge) -> None:
    found = judge(
        "store_cards",
        {"card_no": "k9", "phone": "090-1111-2222", "last_name": "other"},
        {"card_no": "k8", "member_id": "m1", "phone": "090-1111-2222"},
        {"card_no": "k7", "member_id": "m7", "email": "a@example.jp"},
    )
    assert found.whole == set()
    assert found.cells == {"phone": {2, 3}, "member_id": {3}, "email": {4}}


def test_a_row_without_a_surer_owner_is_his_whatever_else_it_carries(judge: Judge) -> None:
    found = judge(
        "web_events",
        {"event_id": "w1", "visitor_id": "v1", "email": "new@example.jp"},
        {"event_id": "w2", "visitor_id": "v2", "member_id": "m1"},
        {"event_id": "w3", "visitor_id": "v1", "member_id": "m2"},  # no row without a visitor
        {"event_id": "w4", "visitor_id": "v2"},
    )
    assert (found.whole, found.cells) == ({2, 3, 4}, {})


def test_of_a_contested_identifier_only_rows_that_carry_nothing_else_go(judge: Judge) -> None:
    found = judge(
        "ec_orders",
        {"order_id": "o1", "email": "family@example.jp"},
        {"order_id": "o2", "email": "family@example.jp", "phone": "08099998888"},
        {"order_id": "o3", "email": "family@example.jp", "phone": "090-1111-2222"},
    )
    assert (found.whole, found.cells) == ({2, 4}, {})


def test_an_act_by_session_is_known_by_its_key_unless_the_row_says_whose_it_is(judge: Judge) -> None:
    found = judge(
        "web_events",
        {"event_id": "e1", "visitor_id": "v2"},
        {"event_id": " ｅ１ ", "visitor_id": "v2", "member_id": " "},
        {"event_id": "e2", "visitor_id": "v2"},
        {"event_id": "e1", "visitor_id": "v2", "member_id": "m2"},
        {"event_id": "s1", "visitor_id": "v2"},
        {"event_id": "v2", "visitor_id": "e1"},
    )
    assert (found.whole, found.cells) == ({2, 3}, {})
    assert judge("survey_answers", {"answer_id": "s1", "visitor_id": "v2"}).whole == {2}
    assert not judge("social_actions", {"action_id": "e1", "visitor_id": "v2"})


def test_a_line_that_could_not_be_split_goes_where_a_word_of_it_is_his(judge: Judge) -> None:
    torn = [
        'x,"A@example.jp",too,many,cells',
        '{"event_id": "w1", "visitor_id": "v1", ',
        "phone=090-1111-2222;",
        "nothing of him,family@example.jp",
    ]
    found = judge("web_events", *({"_raw_line": line, "_problem": "has 5 cells"} for line in torn))
    assert found.whole == {2, 3, 4}


def test_files_that_are_read_together_are_told_apart(tmp_path: Path, stones: Tombstones) -> None:
    source, others = sources()["web_events"], {"event_id": "w9", "visitor_id": "v9", "member_id": "m9"}
    torn = {"_raw_line": "x,v1,y", "_problem": "has 3 cells"}
    rows: dict[str, list[Row]] = {
        "f1": [others, {"event_id": "w1", "visitor_id": "v1"}, {"event_id": "w2", "visitor_id": "v2"}],
        "f2": [others, others],
        "f3": [{"event_id": "e1", "visitor_id": "v2"}, torn, others | {"email": "a@example.jp", "note": "more"}],
        "f4": [{"event_id": "w3", "visitor_id": "v1"}],
    }
    paths = [write(tmp_path / f"{name}.parquet", "web_events", these) for name, these in rows.items()]
    # Landed before the column joined the contract.
    parquet.write_table(parquet.read_table(paths[3]).drop_columns(["email"]), paths[3])
    found = carried_by_file(paths, source, stones)
    assert found == {"f1": Carried({3}), "f3": Carried({2, 3}, {"email": {4}}), "f4": Carried({2})}
    assert found == {path.stem: there for path in paths if (there := carried(path, source, stones))}


def test_linked_ways_of_writing_an_address_are_one(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KIZUNA_GMAIL_ALIASES", "1")
    home = Home.open(tmp_path / "gmail")
    stones = tombstones.write(home, "e1", [("email", "t.aro+shop@gmail.com", False)])
    rows: list[Row] = [{"order_id": "o1", "email": "taro@gmail.com"}, {"order_id": "o2", "email": "jiro@gmail.com"}]
    path = write(tmp_path / "g.parquet", "ec_orders", rows)
    assert carried(path, sources()["ec_orders"], stones).whole == {2}


def test_tombstones_outlive_a_changed_salt_and_hold_no_value(
    tmp_path: Path, stones: Tombstones, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home.open(tmp_path / "home")
    monkeypatch.setenv("KIZUNA_SALT", "another")
    assert tombstones.read(home) == stones
    kept = b"".join(file.read_bytes() for file in sorted(tombstones.folder(home).iterdir()))
    assert len(stones.acts) == len(HIS_ACTS)
    assert not [value for _, value, _ in ERASED if len(value) > 2 and value.encode() in kept]


def test_an_erased_row_keeps_its_place_and_an_order_what_was_sold(tmp_path: Path, stones: Tombstones) -> None:
    order = {"order_id": "o1", "member_id": "m1", "coupon_code": "TARO10", "total_amount": "500", "status": "paid"}
    other = {"order_id": "o2", "member_id": "m2", "total_amount": "700", "status": "paid", "note": "b"}
    path = write(tmp_path / "orders.parquet", "ec_orders", [order | {"note": "for taro"}, other])
    source, before = sources()["ec_orders"], path.stat().st_ino
    gone = overwrite(path, source, carried(path, source, stones))
    assert read(path) == [
        {"_line_no": 2, "order_id": "o1", "total_amount": "500", "status": "paid"},
        {"_line_no": 3} | other,
    ]
    assert gone == {"m1", "TARO10", "for taro"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_ino != before  # another file took its name at once
    assert not carried(path, source, stones)


def test_of_other_sources_nothing_is_left_but_the_mark(tmp_path: Path, stones: Tombstones) -> None:
    rows: list[Row] = [
        {"request_id": "q1", "identifier_kind": "email", "identifier": "a@example.jp", "kind": "erase"},
        {"request_id": "q2", "identifier_kind": "card_no", "identifier": "a@example.jp", "kind": "opt_out"},
    ]
    path = write(tmp_path / "requests.parquet", "privacy_requests", rows)
    overwrite(path, sources()["privacy_requests"], carried(path, sources()["privacy_requests"], stones))
    assert read(path) == [
        {"_line_no": 2, "request_id": "q1", "kind": "erase", "_problem": "erased"},
        {"_line_no": 3} | rows[1],
    ]
    path = write(tmp_path / "m.parquet", "members", [{"member_id": "m1", "last_name": "x"}, {"member_id": "m2"}])
    overwrite(path, sources()["members"], carried(path, sources()["members"], stones))
    assert read(path) == [{"_line_no": 2, "_problem": "erased"}, {"_line_no": 3, "member_id": "m2"}]
