"""The planted truth against the sources, counted straight from the files."""

import unicodedata
from collections import defaultdict
from pathlib import Path

import networkx as nx
import pandas as pd
import phonenumbers
from dateutil.relativedelta import relativedelta

from tests.unit.sample.conftest import LAST_DAY
from tests.unit.sample.reading import read_good, read_source, truth

TOKYO = pd.Timedelta(hours=9)


def normal(kind: str, value: str) -> str:
    text = unicodedata.normalize("NFKC", value).strip()
    if kind == "email":
        return text.lower()
    if kind != "phone" or text == "0000000000":
        return text
    number = phonenumbers.parse(text, "JP")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def rows_of_identifiers(shop: Path) -> list[list[tuple[str, str]]]:
    """Every row's identifiers, all versions, as (kind, normalised value)."""
    kinds = ("member_id", "card_no", "line_user_id", "email", "phone", "visitor_id")
    found: list[list[tuple[str, str]]] = []
    for source in ("members", "store_cards", "ec_orders", "web_events"):
        rows = read_source(shop, source)
        rows = rows[~rows.iloc[:, 0].str.startswith("BAD")]
        columns = [kind for kind in kinds if kind in rows]
        for values in rows[columns].drop_duplicates().itertuples(index=False):
            pairs = zip(columns, values, strict=True)
            found.append([(kind, normal(kind, value)) for kind, value in pairs if isinstance(value, str)])
    orders = read_good(shop, "ec_orders").set_index("order_id")
    web = read_good(shop, "web_events")
    for event in web[web["event_name"] == "purchase"].itertuples():
        found.append([("visitor_id", event.visitor_id), ("email", normal("email", orders.at[event.order_id, "email"]))])
    return found


def test_linked_ids_are_what_the_rows_tie_together(shop: Path) -> None:
    identifiers = truth(shop, "identifiers")
    shared = set(identifiers.loc[identifiers["is_shared"], ["kind", "value"]].itertuples(index=False, name=None))
    graph = nx.Graph()
    for row in rows_of_identifiers(shop):
        own = [identifier for identifier in row if identifier not in shared]
        graph.add_nodes_from(own)
        nx.add_path(graph, own)
    planted = defaultdict(set)
    for identifier in identifiers[identifiers["linked_id"].notna()].itertuples():
        planted[identifier.linked_id].add((identifier.kind, identifier.value))
    found = {frozenset(component) for component in nx.connected_components(graph)}
    assert found == {frozenset(values) for values in planted.values()}


def test_no_two_persons_share_a_member_id_and_families_share_phones(shop: Path) -> None:
    identifiers = truth(shop, "identifiers")
    owners = identifiers.groupby(["kind", "value"])["person_id"].nunique()
    assert owners["member_id"].max() == 1
    assert owners["card_no"].max() == 1
    shared = identifiers.groupby(["kind", "value"])["is_shared"].max()
    assert (owners[~shared] == 1).all()
    assert (owners["phone"] > 1).any()
    assert (owners["visitor_id"] > 1).any()


def test_planted_mix_ups_stand_in_the_sources(shop: Path) -> None:
    planted = truth(shop, "planted_identities")
    owners = truth(shop, "identifiers").query("kind == 'card_no'").set_index("value")["person_id"]
    cards = read_good(shop, "store_cards")
    cards["person_id"] = cards["card_no"].map(owners)
    cards["born"] = pd.to_datetime(cards["birth_date"].str.replace(r"[年月/]", "-", regex=True).str.rstrip("日"))

    def own(name: str, case: int) -> pd.DataFrame:
        """The cards of the persons of one planted case."""
        rows = planted[(planted["planted"] == name) & (planted["case_no"] == case)]
        return cards[cards["person_id"].isin(rows["person_id"])]

    cases = planted.groupby("planted")["case_no"].unique()
    for case in cases["family_phone_on_cards"]:
        family = own("family_phone_on_cards", case)
        assert len(family) == 2
        assert family["member_id"].isna().all()
        assert family["phone"].map(lambda value: normal("phone", value)).nunique() == 1
        assert family["born"].nunique() == family["first_name"].nunique() == 2
    for case in cases["card_registered_twice"]:
        twice = own("card_registered_twice", case)
        assert len(twice) == 2
        assert twice["born"].nunique() == 2
        for kind in ("email", "phone"):
            assert twice[kind].map(lambda value, kind=kind: normal(kind, value)).nunique() == 1
    [staffed] = [own("staff_email", case) for case in cases["staff_email"]]
    assert staffed["member_id"].isna().sum() == 20
    assert staffed["email"].nunique() == 1
    members = read_source(shop, "members").dropna(subset=["email"])
    known = set(zip(members["member_id"], members["email"].map(lambda value: normal("email", value)), strict=True))
    member_ids = truth(shop, "identifiers").query("kind == 'member_id'").set_index("person_id")["value"]
    renewed = planted[planted["planted"] == "email_changed"]
    assert (renewed.groupby("person_id").size() == 2).all()
    assert set(zip(renewed["person_id"].map(member_ids), renewed["value"], strict=True)) <= known


def test_orders_stand_in_the_sources_as_planted(shop: Path) -> None:
    planted = truth(shop, "orders").set_index("order_id")
    ec = read_good(shop, "ec_orders")
    pos = read_good(shop, "pos_receipts")
    sold = pos[pos["is_return"] == "0"]
    assert set("ec:" + ec["order_id"]) | set("store:" + sold["receipt_id"]) == set(planted.index)
    ec = ec.set_index("ec:" + ec["order_id"])
    paid = ec["total_amount"].astype(int).where(ec["status"] != "cancelled", 0)
    assert (paid == planted.loc[ec.index, "net_amount"]).all()
    trials = set(read_good(shop, "products").query("is_trial == 'true'")["product_id"])
    items = read_good(shop, "ec_order_items")
    is_trial = items["product_id"].isin(trials).groupby("ec:" + items["order_id"]).all()
    assert (is_trial == planted.loc[is_trial.index, "is_trial"]).all()
    counted = (paid > 0) & ~is_trial.reindex(paid.index)
    assert (counted == planted.loc[paid.index, "is_counted"]).all()
    assert int(planted["returned_at"].notna().sum()) == len(pos) - len(sold)


def test_repeat_rates_are_those_of_the_planted_orders(shop: Path) -> None:
    """The RF table once more, row by row with dateutil, at one month end."""
    orders = truth(shop, "orders").dropna(subset=["linked_id"])
    orders = orders[orders["is_counted"] | orders["is_trial"]]
    orders["on"] = (orders["ordered_at"] + TOKYO).dt.date
    as_of, window = pd.Timestamp("2026-06-30").date(), 90
    cells: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for _, own in orders.groupby("linked_id"):
        past = own[own["on"] <= as_of]
        if past.empty:
            continue
        bought = past[past["is_counted"]]
        last = max(bought["on"] if len(bought) else past["on"])
        months = max(k for k in range(16) if last + relativedelta(months=k) <= as_of)
        coming = own[own["is_counted"] & (own["on"] > as_of) & (own["on"] <= as_of + relativedelta(days=window))]
        cell = cells["14+" if months >= 14 else f"{months:02d}", "6+" if len(bought) >= 6 else str(len(bought))]
        cell[0] += 1
        cell[1] += len(coming) > 0
    table = truth(shop, "repeat_rates")
    table = table[(table["as_of"] == as_of) & (table["window_days"] == window)]
    planted = {(r.recency_band, r.frequency_band): [r.customers, int(r.repeaters)] for r in table.itertuples()}
    assert planted == dict(cells)


def test_the_repeat_rate_collapses_with_recency(shop: Path) -> None:
    table = truth(shop, "repeat_rates")
    once = table[(table["window_days"] == 90) & (table["frequency_band"] == "1") & table["repeaters"].notna()]
    fresh, old = once[once["recency_band"] <= "01"], once[once["recency_band"] >= "06"]
    assert fresh["repeaters"].sum() / fresh["customers"].sum() > 0.2
    assert old["repeaters"].sum() / old["customers"].sum() < 0.04


def test_carts_left_are_adds_that_no_order_followed_at_once(shop: Path) -> None:
    carts = truth(shop, "carts_left")
    web = read_good(shop, "web_events")
    added = web[web["event_name"] == "add_to_cart"]
    at = pd.to_datetime(added["occurred_at"]).dt.tz_convert("UTC").dt.tz_localize(None)
    adds = set(zip(added["visitor_id"], at, strict=True))
    assert set(zip(carts["visitor_id"], carts["added_at"], strict=True)) <= adds
    assert len(added) > len(carts)  # the rest were bought
    emptied = carts[carts["ended_by"] == "emptied"]
    assert (web["event_name"] == "remove_from_cart").sum() == len(emptied)
    orders = truth(shop, "orders").query("is_counted")
    for cart in carts[carts["ended_by"] != "emptied"].itertuples():
        after = orders[(orders["linked_id"] == cart.person_id) & (orders["ordered_at"] >= cart.added_at)]
        assert (after["ordered_at"].min() == cart.ended_at) if len(after) else pd.isna(cart.ended_at)


def test_first_touches_are_the_first_content_views_of_that_kind(shop: Path) -> None:
    touches = truth(shop, "first_touches")
    contents = read_good(shop, "contents").set_index("content_id")
    web = read_good(shop, "web_events")
    views = web[web["event_name"] == "content_view"].join(contents[["brand_id", "information_kind"]], on="content_id")
    views = views[views["brand_id"].notna()]
    at = pd.to_datetime(views["occurred_at"]).dt.tz_convert("UTC").dt.tz_localize(None)
    seen = list(zip(views["visitor_id"], views["brand_id"], views["information_kind"], at, strict=True))
    columns = ["visitor_id", "brand_id", "information_kind", "touched_at"]
    assert sorted(seen) == sorted(touches[columns].itertuples(index=False, name=None))


def test_the_mail_went_to_the_treated_alone_and_moved_them(shop: Path) -> None:
    arms = truth(shop, "campaign_participants").query("campaign_id == 'welcome_mail'")
    effect = truth(shop, "campaign_effects").set_index("campaign_id").loc["welcome_mail"]
    mails = read_good(shop, "message_events").query("scenario_id == 'welcome_mail' and event == 'sent'")
    emails = truth(shop, "identifiers").query("kind == 'email'").set_index("value")["person_id"]
    assert set(emails[mails["address"]]) == set(arms.query("arm == 'treated'")["person_id"])
    assert set(truth(shop, "holdouts")["person_id"]) == set(arms.query("arm == 'control'")["person_id"])
    assert effect["treated"] + effect["control"] == len(arms)
    assert 0 < effect["caused"] <= effect["moved"] <= effect["treated_converted"]
    known = read_good(shop, "external_attributes").query("name == 'welcome_mail_arm'")
    assert known["value"].value_counts().to_dict() == arms["arm"].value_counts().to_dict()


def test_birthdays_on_29_february_and_erasures_are_planted(shop: Path) -> None:
    persons = truth(shop, "persons")
    births = pd.to_datetime(persons["birth_date"])
    assert ((births.dt.month == 2) & (births.dt.day == 29)).any()
    erased = persons[persons["is_erased"]]
    assert len(erased) == (read_good(shop, "privacy_requests")["kind"] == "erase").sum() > 0
    assert not set(erased["person_id"]) & set(truth(shop, "orders")["person_id"].dropna())
    assert truth(shop, "shop").iloc[0]["last_day"] == LAST_DAY
