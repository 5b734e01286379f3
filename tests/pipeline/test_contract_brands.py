"""Ranks, pyramid, journeys, scores and badges of hand-made sources, against what was planted in them."""

from collections import Counter, defaultdict

import pytest

from tests.pipeline.conftest import Shop


def test_each_rank_rule_and_its_reason(marts_shop: Shop, name_of: dict[str, str]) -> None:
    rows = marts_shop.query(
        "select customer_id, brand_id, rank, purchases, views, reviews, reason, is_potential from marts.brand_ranks"
    )
    found = {(name_of[row[0]], row[1]): row[2:] for row in rows}
    expected = {
        ("k-s-review", "b1"): ("S", 3, 0, 1),
        ("k-s-days", "b1"): ("S", 6, 0, 0),
        ("k-a-reviewed", "b1"): ("A", 2, 0, 1),
        ("k-a-one-day", "b1"): ("A", 3, 0, 1),
        ("k-a-five", "b1"): ("A", 5, 0, 0),
        ("k-a-window", "b1"): ("A", 1, 0, 0),
        ("k-b-review", "b1"): ("B", 0, 0, 1),
        ("k-like", "b1"): ("B", 0, 0, 0),
        ("k-clip", "b1"): ("B", 0, 0, 0),
        ("k-b-cart", "b1"): ("B", 0, 0, 0),
        ("k-b-visit", "b3"): ("B", 0, 0, 0),
        ("k-c", "b1"): ("C", 0, 3, 0),
        ("k-d-one-day", "b1"): ("D", 0, 3, 0),
        ("k-d-content", "b1"): ("D", 0, 2, 0),
        ("k-e-view", "b1"): ("E", 0, 1, 0),
        ("k-share", "b1"): ("E", 0, 0, 0),
        ("k-e-pages", "b1"): ("E", 0, 0, 0),
    }
    assert {key: found[key][:4] for key in expected} == expected
    for rank, _, _, _, reason, is_potential in found.values():
        assert reason.startswith(rank)
        assert is_potential == (rank in "BCDE")
    assert found["k-s-review", "b1"][4] != found["k-s-days", "b1"][4]
    assert ("k-out", "b1") not in found
    assert ("k-a", "b1") in found
    assert ("k-a", "b2") in found


def test_the_pyramid_has_six_steps_for_each_brand_that_add_up(marts_shop: Shop) -> None:
    ranks = Counter(marts_shop.query("select brand_id, rank from marts.brand_ranks"))
    rows = marts_shop.query("select brand_id, rank, customers, share, moved_up, moved_down from marts.brand_pyramid")
    assert sorted(row[:2] for row in rows) == sorted((brand, rank) for brand in ("b1", "b2", "b3") for rank in "SABCDE")
    for brand, rank, customers, share, moved_up, moved_down in rows:
        whole = sum(number for (of, _), number in ranks.items() if of == brand)
        assert customers == ranks[brand, rank]
        assert share == pytest.approx(customers / whole)
        assert moved_up >= 0
        assert moved_down >= 0


def test_the_journey_goes_on_where_a_rank_has_lapsed(marts_shop: Shop, name_of: dict[str, str]) -> None:
    rows = marts_shop.query("select customer_id, brand_id, stage, since from marts.brand_journeys")
    found = {(name_of[row[0]], row[1]): row[2] for row in rows}
    expected = {
        ("k-s-review", "b1"): "loyal",
        ("k-s-days", "b1"): "loyal",
        ("k-a-one-day", "b1"): "purchased",
        ("k-a-five", "b1"): "repeated",
        ("k-out", "b1"): "purchased",
        ("k-b-review", "b1"): "considering",
        ("k-b-visit", "b3"): "considering",
        ("k-d-content", "b1"): "considering",
        ("k-e-view", "b1"): "aware",
        ("k-share", "b1"): "aware",
    }
    assert {key: found.get(key) for key in expected} == expected
    ranked = marts_shop.query("select customer_id, brand_id from marts.brand_ranks")
    assert set(ranked) <= {row[:2] for row in rows}
    assert len({row[:2] for row in rows}) == len(rows)


def test_a_customer_has_one_rank_in_the_house_whatever_brands_he_touched(
    marts_shop: Shop, name_of: dict[str, str]
) -> None:
    rows = marts_shop.query("select customer_id, group_id, rank, purchases from marts.brand_group_ranks")
    found = {name_of[row[0]]: row[1:] for row in rows}
    assert len(found) == len(rows)
    assert found["k-a-five"] == ("house", "A", 5)
    # One purchase of two brands, counted once here and once for each brand there.
    assert found["k-a"] == ("house", "A", 1)
    assert marts_shop.query(
        "select count(*), sum(purchases) from marts.brand_ranks join marts.customers using (customer_id)"
        " where member_ids[1] = 'k-a' and purchases > 0"
    ) == [(2, 2)]


def test_shares_and_lifts_of_profiles_add_up(marts_shop: Shop) -> None:
    unequal = marts_shop.query(
        "select brand_id, rank, attribute from marts.brand_rank_profiles"
        " join (select brand_id, rank, count(*) as ranked from marts.brand_ranks group by brand_id, rank)"
        " using (brand_id, rank) group by brand_id, rank, attribute, ranked"
        " having abs(sum(share) - 1) > 1e-9 or sum(customers) <> ranked"
    )
    assert unequal == []
    assert marts_shop.query("select count(*) from marts.brand_rank_profiles where not lift > 0") == [(0,)]
    assert marts_shop.query("select count(*) from marts.brand_rank_interests where customers < 5") == [(0,)]


def test_customer_a_has_23_points_that_come_apart_into_8_10_and_5(marts_shop: Shop, name_of: dict[str, str]) -> None:
    rows = marts_shop.query("select customer_id, product, lifestyle, lifestance, total from marts.scores")
    scores = {name_of[row[0]]: row[1:] for row in rows}
    assert scores["k-a"] == (11, 6, 6, 23)
    assert scores["k-none"] == (0, 0, 0, 0)
    assert len(scores) == len(name_of)
    ledger = marts_shop.query(
        "select t.action, l.product, l.lifestyle, l.lifestance from marts.score_ledger l"
        " join marts.touchpoints t using (touchpoint_id) join marts.customers c on c.customer_id = t.customer_id"
        " where c.member_ids[1] = 'k-a' order by t.occurred_at"
    )
    assert ledger == [("page_view", 3, 5, 0), ("purchase", 8, 1, 1), ("visit", 0, 0, 5)]
    assert marts_shop.query(
        "select score_product, score_lifestyle, score_lifestance, score_total from marts.customers"
        " where member_ids[1] = 'k-a'"
    ) == [(11, 6, 6, 23)]


def test_badges_at_their_edges(marts_shop: Shop, name_of: dict[str, str]) -> None:
    rows = marts_shop.query("select customer_id, badge_id, earned_at, evidence from marts.badges")
    owners: dict[str, set[str]] = defaultdict(set)
    for customer_id, badge_id, earned_at, evidence in rows:
        owners[badge_id].add(name_of[customer_id])
        assert earned_at
        assert evidence
    assert owners["store_regular"] == {"k-ten"}
    assert "k-five" in owners["product_lover"]
    assert "k-four" not in owners["product_lover"]
    assert owners["vision_reader"] == {"k-vision"}
    when = {(name_of[row[0]], row[1]): str(row[2]) for row in rows}
    assert when["k-ten", "store_regular"].startswith("2026-01-10")
    assert when["k-five", "product_lover"] == "2026-02-02 03:00:00"
