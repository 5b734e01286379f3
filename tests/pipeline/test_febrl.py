"""Probabilistic links pay their way: FEBRL 3 as store cards, through the whole line as a user runs it.

The settings were tuned on FEBRL 1 and 2 alone.
"""

import csv

from dagster_project.identity.hashing import identifier_hash
from tests.conftest import SALT, Shop
from tests.febrl import COLUMNS, clusters, precision_and_recall, store_cards

REGISTERED = "2026-01-01 09:00:00"
EXPLAINED = """
    with summed as (
        select least(left_hash, right_hash) as one, greatest(left_hash, right_hash) as other, sum(weight) as weight
        from marts.identity_match_weights
        group by left_hash, right_hash
    )
    select count(*), count(*) filter (abs(edges.match_weight - summed.weight) < 0.01)
    from marts.identity_edges as edges
    left join summed
        on summed.one = least(edges.left_hash, edges.right_hash)
        and summed.other = greatest(edges.left_hash, edges.right_hash)
    where edges.rule = 'probabilistic'
"""


def test_probabilistic_links_find_the_persons_of_febrl_3(tmp_path, monkeypatch):
    cards = store_cards(3)
    folder = tmp_path / "sources" / "store_cards"
    folder.mkdir(parents=True)
    with (folder / "cards.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow([*COLUMNS, "registered_at", "updated_at"])
        writer.writerows([*card.values(), REGISTERED, REGISTERED] for card in cards)
    monkeypatch.setenv("KIZUNA_PROBABILISTIC", "1")
    shop = Shop(tmp_path / "home", tmp_path / "sources")
    shop.run()

    customer_of = dict(shop.query("select identifier_hash, customer_id from marts.customer_identifiers"))
    precision, recall = precision_and_recall(
        {card["card_no"]: customer_of[identifier_hash(SALT, "card_no", card["card_no"])] for card in cards}
    )
    print(f"FEBRL 3: precision {precision:.4f}, recall {recall:.4f}")
    assert precision >= 0.99
    assert recall >= 0.96
    assert recall > 2 * _recall_of_exact_matching(cards)

    # Each link can be explained: its weights stand in the marts, and add up to what the edge says.
    [(edges, explained)] = shop.query(EXPLAINED)
    assert edges == explained > 1000


def _recall_of_exact_matching(cards: list[dict[str, str]]) -> float:
    """Of cards that agree in both names and the birth date."""
    first: dict[tuple[str, ...], str] = {}
    links = []
    for card in cards:
        key = (card["last_name"], card["first_name"], card["birth_date"])
        if all(key):
            links.append((first.setdefault(key, card["card_no"]), card["card_no"]))
    return precision_and_recall(clusters((card["card_no"] for card in cards), links))[1]
