"""The identifiers of persons as text, unblemished: what an ideal system would hold. Index -1 gives null."""

import numpy as np
import pyarrow as pa

from dagster_project.sample.people import People
from dagster_project.sample.text import digits, join, numbered, pick
from dagster_project.sample.words import FIRST_NAMES, LAST_NAMES

DOMAINS = ("example.jp", "example.com", "mail.example.jp", "keitai.example.jp")
STAFF_EMAIL = "tenpo-s001@shop.example.jp"  # typed at the till where a customer gave none
PLACEHOLDER_PHONE = "0000000000"


class Identifiers:
    """Columns of identifiers by the plan's numbers."""

    def __init__(self, people: People):
        person = np.arange(len(people.kind))
        last = pick([row[2] for row in LAST_NAMES], people.last_name)
        first = pick([row[2] for row in FIRST_NAMES], people.first_name)
        domain = pick(list(DOMAINS), person % len(DOMAINS))
        self._emails = join(last, ".", first, digits(person + 11), "@", domain)
        self._second = join(first, "_", digits(person + 11), "@", pick(list(DOMAINS), (person + 1) % len(DOMAINS)))
        self._new = join(first, ".", last, digits(person + 11), "@", pick(list(DOMAINS), (person + 2) % len(DOMAINS)))
        self._typos = join(
            last, ".", first, digits(person + 11), "x@", domain
        )  # a slip of the finger; nobody's address
        self.line_ids = join("U", numbered("", person * 48_271 + 7_000_000_019, 16), numbered("", person + 1, 16))
        self._has_line = people.has_line

    def member(self, person: np.ndarray) -> pa.Array:
        return numbered("M", np.where(person < 0, -1, np.asarray(person) + 1), 7)

    def email(self, person: np.ndarray) -> pa.Array:
        return pick(self._emails, person)

    def second_email(self, person: np.ndarray) -> pa.Array:
        return pick(self._second, person)

    def new_email(self, person: np.ndarray) -> pa.Array:
        """The address of those who changed theirs."""
        return pick(self._new, person)

    def mistyped_email(self, person: np.ndarray) -> pa.Array:
        return pick(self._typos, person)

    def line(self, person: np.ndarray) -> pa.Array:
        return pick(self.line_ids, np.where(self._has_line[person], person, -1))

    def card(self, card: np.ndarray) -> pa.Array:
        return numbered("2900", np.where(card < 0, -1, np.asarray(card) * 37 + 1_000_003), 9)

    def visitor(self, visitor: np.ndarray) -> pa.Array:
        return numbered("v", np.where(visitor < 0, -1, np.asarray(visitor) * 2_654_435_761 % 10**10), 10)

    def order(self, order: np.ndarray) -> pa.Array:
        return numbered("EC", np.where(order < 0, -1, np.asarray(order) + 1), 9)

    def receipt(self, order: np.ndarray) -> pa.Array:
        return numbered("R", np.where(order < 0, -1, np.asarray(order) + 1), 9)


def e164(phone: np.ndarray) -> pa.Array:
    """Normalised phone numbers."""
    return join("+81", digits(phone))
