"""The files of a simulated shop: complete, readable, the same every time, and as many rows as the truth
says.
"""

import hashlib
import time
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import phonenumbers
import pytest
import yaml

from dagster_project.errors import UsageError
from dagster_project.project import DBT_PROJECT
from dagster_project.sample.simulate import FOLDERS, simulate
from tests.unit.sample.conftest import LAST_DAY
from tests.unit.sample.reading import read_file, read_good, read_source, truth

CONTRACT = {
    table["name"]: table
    for source in yaml.safe_load((DBT_PROJECT / "models/landing/sources.yml").read_text())["sources"]
    for table in source["tables"]
    if source["name"] == "landing"
}


def digests(out: Path) -> dict[str, str]:
    files = (path for path in sorted(out.rglob("*")) if path.is_file())
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_source_of_the_contract_is_there_with_all_its_columns(shop: Path) -> None:
    assert set(FOLDERS) == set(CONTRACT)
    for source, table in CONTRACT.items():
        for path in sorted((shop / source).iterdir()):
            missing = {column["name"] for column in table["columns"]} - set(read_file(path).columns)
            assert not missing, f"{path.name} lacks {missing}"


def test_formats_and_encodings_are_mixed(shop: Path) -> None:
    first = {source: sorted((shop / source).iterdir())[0] for source in CONTRACT}
    assert first["members"].read_bytes().startswith(b"\xef\xbb\xbf")
    with pytest.raises(UnicodeDecodeError):
        first["store_cards"].read_bytes().decode()
    assert "髙" in first["store_cards"].read_bytes().decode("cp932")
    assert b"\t" in first["store_visits"].read_bytes()
    endings = {"".join(path.suffixes) for folder in CONTRACT for path in (shop / folder).iterdir()}
    assert endings == {".csv", ".csv.gz", ".jsonl", ".jsonl.gz"}


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        simulate(60, 90, 3, tmp_path / name, LAST_DAY)
    simulate(60, 90, 4, tmp_path / "c", LAST_DAY)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert digests(tmp_path / "a") != digests(tmp_path / "c")


def test_days_held_back_lie_beside_and_change_nothing_else(tmp_path: Path) -> None:
    simulate(60, 90, 3, tmp_path / "whole", LAST_DAY)
    simulate(60, 90, 3, tmp_path / "part", LAST_DAY, hold_back_days=1)
    whole, part, later = (digests(tmp_path / name) for name in ("whole", "part", "part-next"))
    assert later
    assert not set(part) & set(later)
    assert part | later == whole
    assert all(str(LAST_DAY) in name for name in later)


def test_rows_are_as_many_as_the_accounts_say(shop: Path) -> None:
    accounts = truth(shop, "row_accounts").set_index("source")
    bad = truth(shop, "bad_rows").groupby("source")["count"].sum()
    assert set(accounts.index) == set(CONTRACT)
    for source, account in accounts.iterrows():
        rows, good = read_source(shop, str(source)), read_good(shop, str(source))
        assert len(rows) == account["rows"], source
        assert len(good) == account["staged"], source
        assert account["quarantined"] == bad.get(source, 0), source
        is_event = CONTRACT[str(source)]["config"]["meta"]["mode"] == "event"
        assert account["superseded" if is_event else "duplicates"] == 0, source


def test_bad_rows_are_bad_for_the_reason_given(shop: Path) -> None:
    for fault in truth(shop, "bad_rows").itertuples():
        rows = read_source(shop, fault.source)
        bad = rows[rows.iloc[:, 0].str.startswith("BAD", na=False)]
        column = next(c for c in CONTRACT[fault.source]["columns"] if c["name"] == fault.column)
        meta = column["config"]["meta"]
        assert meta["required"]
        values = bad[fault.column]
        if fault.reason == "empty":
            hits = values.isna()
        elif fault.reason == "unknown_word":
            hits = ~values.isin(meta["one_of"])
        elif meta["type"] == "timestamp":
            hits = values.notna() & pd.to_datetime(values, errors="coerce", format="ISO8601").isna()
            hits &= pd.to_datetime(values, errors="coerce", format="%Y/%m/%d %H:%M:%S").isna()
        else:
            hits = pd.to_numeric(values, errors="coerce").isna()
        assert hits.sum() == fault.count, fault


def test_a_copied_file_has_the_bytes_of_its_original(shop: Path) -> None:
    for source in truth(shop, "copied_files")["source"]:
        copies = [path for path in (shop / source).iterdir() if "_copy_" in path.name]
        assert len(copies) == 1
        original = copies[0].with_name(copies[0].name.replace("_copy", ""))
        assert copies[0].read_bytes() == original.read_bytes()


def test_phones_are_valid_mobiles_and_e_mails_nobodys(shop: Path) -> None:
    identifiers = truth(shop, "identifiers")
    phones = identifiers.loc[(identifiers["kind"] == "phone") & ~identifiers["is_shared"], "value"]
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in phones)
    emails = identifiers.loc[identifiers["kind"] == "email", "value"]
    assert emails.str.contains(r"@(?:[a-z]+\.)?example\.(?:jp|com)$").all()
    members = read_good(shop, "members")
    assert members["phone"].str.contains("０").any()
    assert members["email"].str.contains("[A-Z]").any()


def test_references_between_sources_hold(shop: Path) -> None:
    keys = {name: set(read_good(shop, name).iloc[:, 0]) for name in ("members", "store_cards", "ec_orders", "products")}
    keys |= {name: set(read_good(shop, name).iloc[:, 0]) for name in ("pos_receipts", "stores", "contents")}
    codes = set(read_good(shop, "product_codes")["code"])
    web = read_good(shop, "web_events")
    assert set(read_good(shop, "ec_order_items")["order_id"]) == keys["ec_orders"]
    assert set(read_good(shop, "pos_receipt_items")["receipt_id"]) == keys["pos_receipts"]
    assert set(read_good(shop, "pos_receipts")["card_no"].dropna()) <= keys["store_cards"]
    assert set(web["member_id"].dropna()) <= keys["members"]
    assert set(web["order_id"].dropna()) <= keys["ec_orders"]
    assert set(web["product_id"].dropna()) <= keys["products"] | codes
    assert set(web["content_id"].dropna()) <= keys["contents"]
    assert set(read_good(shop, "store_visits")["store_id"]) <= keys["stores"]


def test_all_web_events_lie_inside_the_window(shop: Path) -> None:
    at = pd.to_datetime(read_good(shop, "web_events")["occurred_at"])
    assert at.min().date() >= LAST_DAY - timedelta(days=364)
    assert at.max().date() <= LAST_DAY
    assert 0.8 < len(at) / (30 * 600) < 1.2


@pytest.mark.parametrize(("members", "days"), [(10, 1), (10, 40), (25, 10), (50, 400)])
def test_the_smallest_shops_work(tmp_path: Path, members: int, days: int) -> None:
    rows = simulate(members, days, 1, tmp_path / "tiny", date(2024, 3, 1))
    assert set(rows) == set(FOLDERS)
    assert len(truth(tmp_path / "tiny", "persons")) > members


def test_a_folder_with_other_files_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(UsageError, match="no simulation wrote"):
        simulate(10, 10, 1, tmp_path, LAST_DAY)
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_the_demo_shop_takes_seconds(tmp_path: Path) -> None:
    began = time.process_time()
    simulate(2000, 365, 1, tmp_path / "demo", LAST_DAY)
    assert time.process_time() - began < 10  # about 2 s on two cores; room for a busy machine
