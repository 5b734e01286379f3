"""Probabilistic links on FEBRL 4, from staged values to clusters; tests/pipeline/test_febrl.py runs FEBRL 3 whole.

The settings were tuned on FEBRL 1 and 2 alone.
"""

from datetime import date

import pyarrow as pa

from dagster_project.identity.addresses import address_key
from dagster_project.identity.hashing import identifier_hash
from dagster_project.identity.likely.declaration import load_declaration
from dagster_project.identity.likely.links import likely_links
from dagster_project.identity.likely.tables import PRIOR
from dagster_project.identity.matching import name_key, reading_key
from dagster_project.project import ROOT
from dagster_project.staging.normalise import READERS
from tests.febrl import clusters, precision_and_recall, store_cards

KINDS = {
    "last_name": "name",
    "first_name": "name",
    "birth_date": "date",
    "postal_code": "postal_code",
    "prefecture": "prefecture",
    "address": "address",
}
TEXTS = ("member_key", "gender", "phone", "email")
SCHEMA = pa.schema(
    [
        ("identifier_key", pa.int64()),
        ("birth_date", pa.date32()),
        *((name, pa.string()) for name in ("last_name_key", "first_name_key", "last_name_kana_key")),
        *((name, pa.string()) for name in ("first_name_kana_key", "postal_code", "prefecture", "address_key", *TEXTS)),
    ]
)


def record(card: dict[str, str]) -> dict:
    """A card as int_identity__records holds it."""
    read = {name: READERS[kind](card[name])[0] for name, kind in KINDS.items()}
    birth_date, address = read["birth_date"], read["address"]
    found = {
        "identifier_key": int(identifier_hash("salt", "card_no", card["card_no"])[:15], 16),
        "birth_date": date.fromisoformat(birth_date) if birth_date else None,
        "postal_code": read["postal_code"],
        "prefecture": read["prefecture"],
        "address_key": address_key(address) if address else None,
    }
    for name in ("last_name", "first_name"):
        value = read[name]
        found |= {f"{name}_key": value and name_key(value), f"{name}_kana_key": value and reading_key(value)}
    return found | dict.fromkeys(TEXTS)


def test_probabilistic_links_find_the_persons_of_febrl_4():
    cards = store_cards(4)
    records = [record(card) for card in cards]
    card_of = {row["identifier_key"]: card["card_no"] for row, card in zip(records, cards, strict=True)}
    found = likely_links(pa.Table.from_pylist(records, schema=SCHEMA), load_declaration(ROOT / "seeds")).to_pylist()
    links = [
        (card_of[row["left_key"]], card_of[row["right_key"]])
        for row in found
        if row["comparison"] == PRIOR and row["status"] == "used"
    ]
    precision, recall = precision_and_recall(clusters(card_of.values(), links))
    print(f"FEBRL 4: precision {precision:.4f}, recall {recall:.4f}")
    assert precision >= 0.99
    assert recall >= 0.96
