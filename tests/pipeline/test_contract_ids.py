"""Customer ids over re-deliveries, through the command line: stable, merged, taken apart again."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Shop
from tests.pipeline import planted
from tests.pipeline.handmade import Sources, customer, open_shop, who
from tests.pipeline.rows import card, member, web


def ids(shop: Shop) -> dict[str, str]:
    """Member id or card -> customer id."""
    rows = shop.query("select unnest(list_concat(member_ids, card_nos)), customer_id from marts.customers")
    return {str(name): str(customer_id) for name, customer_id in rows}


def test_order_of_rows_and_files_does_not_matter(planted_shop: Shop, tmp_path: Path) -> None:
    # Of copies of an event the first landed wins, so those keep their place.
    sources = planted.shop().shuffled(5, keep={("web_events", "02.csv"), ("web_events", "03.csv")})
    other = open_shop(tmp_path, sources, planted.RULES)
    other.run(planted.AS_OF)
    # Which row shows an edge first is another one, of course.
    place = " exclude (first_file_id, first_line_no)"
    for mart in ("customers", "customer_identifiers", "identity_edges", "identity_nodes", "orders", "visitors"):
        columns = "*" + (place if mart == "identity_edges" else "")
        rows = [shop.query(f"select {columns} from marts.{mart} order by all") for shop in (planted_shop, other)]
        assert rows[0] == rows[1], mart


@pytest.fixture(scope="module")
def second_day(planted_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, dict[str, str]]:
    """The shop with a delivery more, of 1 April, that joins persons; and who was who before."""
    shop = planted_shop.copy(tmp_path_factory.mktemp("second_day"))
    before = ids(shop) | {"v-anonymous": str(who(shop, "web_events:w-anonymous"))}
    more = Sources()
    # m-test and c-late both came in the first landing: the member id is the stronger.
    # m-new is younger than card c-visits.
    more.add(
        "store_cards",
        card("c-late", member_id="m-test", updated_at="2026-04-01 09:00:00"),
        card("c-visits", member_id="m-new", updated_at="2026-04-01 09:00:00"),
        name="90.csv",
    )
    more.add(
        "members",
        member("m-new", registered_at="2026-04-01 08:00:00", updated_at="2026-04-01 08:00:00"),
        member("m-newer", registered_at="2026-04-01 08:00:00", updated_at="2026-04-01 08:00:00"),
        name="90.csv",
    )
    more.add(
        "web_events", web("w-known", "v-anonymous", "2026-04-01 09:00:00", "login", member_id="m-newer"), name="90.csv"
    )
    more.write(shop.sources)
    # A copy of a landed file under another name, files without rows, and two that cannot be landed.
    shutil.copy(shop.sources / "members" / "01.csv", shop.sources / "members" / "91-copy.csv")
    (shop.sources / "reviews" / "91.csv").write_text("review_id,member_id,product_id,posted_at\n")
    (shop.sources / "reviews" / "92.jsonl").write_bytes(b"")
    (shop.sources / "members" / "92.csv").write_text("member_id,email\nm-never,never@example.jp\n")
    (shop.sources / "ec_orders" / "92.parquet").write_bytes(b"PAR1 but not really")
    refused = shop.run(date(2026, 4, 1), check=1).stderr
    for words in ("members/92.csv", "registered_at", "updated_at", "ec_orders/92.parquet"):
        assert words in refused
    assert not [file for file in landed(shop) if file["name"].endswith("90.csv")]
    shop.kizuna("run", "--as-of", "2026-04-01", "--sources", str(shop.sources), "--skip-refused")
    (shop.sources / "members" / "92.csv").unlink()
    (shop.sources / "ec_orders" / "92.parquet").unlink()
    return shop, before


def landed(shop: Shop) -> list[dict[str, Any]]:
    """What `kizuna landing list` says."""
    return json.loads(shop.kizuna("landing", "list", "--json").stdout)


def aliases(shop: Shop) -> dict[str, tuple]:
    return {row[0]: row[1:] for row in shop.query("select alias_id, customer_id, why from marts.customer_aliases")}


def test_ids_stay_and_a_merge_keeps_the_older_anchors(second_day: tuple[Shop, dict[str, str]]) -> None:
    shop, before = second_day
    after = ids(shop)
    assert {name for name in before.keys() & after.keys() if before[name] != after[name]} == {"c-late"}
    assert after["c-late"] == before["m-test"]
    assert after["m-new"] == after["c-visits"] == before["c-visits"]
    assert aliases(shop)[before["c-late"]] == (before["m-test"], "merged")
    # History goes with the person.
    assert customer(shop, "m-test", "orders, card_nos") == (1, ["c-late"])
    assert who(shop, "pos_receipts:r-late") == before["m-test"]


def test_a_merge_is_told_with_its_evidence_and_what_would_be_without_it(
    second_day: tuple[Shop, dict[str, str]],
) -> None:
    shop, before = second_day
    [change] = shop.query(
        "select change, to_id, identifiers, because from marts.identity_changes where from_id = ?", [before["c-late"]]
    )
    assert change == ("merged", before["m-test"], 2, "new_rows")
    asked = ["path", "card_no:c-late", "member_id:m-test", "--without", "1"]
    found = json.loads(shop.kizuna(*asked, "--json").stdout)
    [step] = found["chain"]
    assert (step["rule"], Path(step["first_file"]).name, step["observations"]) == ("card_record", "90.csv", 1)
    lines = (shop.sources / "store_cards" / "90.csv").read_text().splitlines()
    assert lines[step["first_line_no"] - 1].startswith("c-late,m-test")
    loose = found["without"]["identifiers"]
    assert {each["identifier"][0] for each in loose} == {"card_no", "phone"}
    assert {(each["customer_id"], each["would_be"]) for each in loose} == {(before["m-test"], before["c-late"])}
    shown = shop.kizuna(*asked).stdout
    assert "90.csv:" in shown
    assert before["c-late"] in shown
    assert "c-late" not in shown


def test_an_override_takes_a_merge_apart_as_if_it_had_never_been_and_the_split_is_told(
    second_day: tuple[Shop, dict[str, str]], tmp_path: Path
) -> None:
    merged, before = second_day
    copied = merged.copy(tmp_path)
    assert merged.seeds is not None
    shutil.copytree(merged.seeds, tmp_path / "seeds")
    with (tmp_path / "seeds" / "rules" / "identity_overrides.csv").open("a") as overrides:
        overrides.write("card_no,c-late,member_id,m-test,never_link,kato,the neighbour's card\n")
    shop = Shop(copied.home, copied.sources, tmp_path / "seeds")
    said = shop.run(date(2026, 4, 2)).stdout
    # Both as they were on the first day; everybody else as on the second.
    after = ids(shop)
    assert {name: after[name] for name in ("c-late", "m-test")} == {name: before[name] for name in ("c-late", "m-test")}
    assert {name: customer_id for name, customer_id in ids(merged).items() if name != "c-late"} == {
        name: customer_id for name, customer_id in after.items() if name != "c-late"
    }
    assert who(shop, "pos_receipts:r-late") == before["c-late"]
    split = (date(2026, 4, 2), "split", before["m-test"], before["c-late"], "override")
    assert shop.query(
        "select as_of, change, from_id, to_id, because from marts.identity_changes where as_of = ?", [date(2026, 4, 2)]
    ) == [split]
    assert shop.query(
        "select customer_id, since, why from marts.customer_aliases where alias_id = ?", [before["c-late"]]
    ) == [(before["c-late"], date(2026, 4, 2), "split")]
    assert before["c-late"] in said
    found = json.loads(shop.kizuna("path", before["c-late"], "member_id:m-test", "--json").stdout)
    assert not found["is_one_person"]
    assert [step["reason"] for step in found["chain"]] == ["never_link"]
    [apart] = found["apart"]
    assert "kato: the neighbour's card" in apart["why"]
    # Every id that any day published leads to a customer or visitor of today, or says why not.
    lost = shop.query(
        "select alias_id from marts.customer_aliases where why not in ('blocked', 'withdrawn') and customer_id not in"
        " (select customer_id from marts.customers union all select customer_id from marts.visitors)"
    )
    assert lost == []
    ever = {customer_id for known in (before, ids(merged), after) for customer_id in known.values()}
    assert ever <= aliases(shop).keys()


def test_a_landed_file_is_never_landed_twice(second_day: tuple[Shop, dict[str, str]]) -> None:
    names = [(file["source"], Path(file["name"]).name) for file in landed(second_day[0])]
    assert ("members", "91-copy.csv") not in names
    assert ("members", "92.csv") not in names
    assert len(names) == len(set(names))
    assert ("store_cards", "90.csv") in names


def test_a_visitor_who_logs_in_becomes_the_member(second_day: tuple[Shop, dict[str, str]]) -> None:
    shop, before = second_day
    newer = customer(shop, "m-newer")[0]
    assert who(shop, "web_events:w-anonymous") == newer
    assert aliases(shop)[before["v-anonymous"]] == (newer, "merged")
    assert shop.query("select count(*) from marts.visitors where customer_id = ?", [before["v-anonymous"]]) == [(0,)]


def test_a_withdrawn_delivery_leaves_everything_as_if_it_had_never_been(
    second_day: tuple[Shop, dict[str, str]], tmp_path: Path
) -> None:
    shop, before = second_day[0].copy(tmp_path), second_day[1]
    newer = customer(shop, "m-newer")[0]
    for file in landed(shop):
        if file["name"].endswith("90.csv"):
            shop.kizuna("landing", "withdraw", file["file_id"])
    shop.run(date(2026, 4, 1))
    after = ids(shop)
    assert {name: after.get(name) for name in before if name != "v-anonymous"} == {
        name: customer_id for name, customer_id in before.items() if name != "v-anonymous"
    }
    assert who(shop, "web_events:w-anonymous") == before["v-anonymous"]
    assert aliases(shop)[newer] == (None, "withdrawn")
    assert {why for customer_id, why in aliases(shop).values() if customer_id} == {"current"}


def test_health_says_what_changed_since_the_day_before(
    planted_shop: Shop, second_day: tuple[Shop, dict[str, str]]
) -> None:
    figures = "select metric, dimension, reason, {} from marts.identity_health where reason is null"
    before = {row[:2]: row[3] for row in planted_shop.query(figures.format("value"))}
    rows = second_day[0].query(figures.format("previous_as_of, previous_value, change"))
    assert {row[3] for row in rows} == {planted.AS_OF}
    # A count that was not there the day before was 0.
    assert {row[:2]: row[4] for row in rows if row[4] != before.get(row[:2], 0 if row[4] == 0 else None)} == {}
    changes = {row[:2]: row[5] for row in rows}
    assert {word: changes["changed_ids", word] for word in ("merged", "identified", "split")} == {
        "merged": 1,
        "identified": 1,
        "split": 0,
    }
    for mart in ("customers", "visitors"):
        [[(first,)], [(second,)]] = (
            shop.query(f"select count(*) from marts.{mart}") for shop in (planted_shop, second_day[0])
        )
        assert changes["persons", mart] == second - first
    assert changes["persons", "customers"] != 0
