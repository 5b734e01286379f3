"""Identity cases that a person can check by reading: families, shared devices, staff mailboxes, overrides."""

import pytest
from graphs import CARD, EMAIL, LINE, MEMBER, PHONE, VISITOR, Graph
from graphs import run as resolved


def identifier(kind, landing_no=1, first_seen=0, blocklisted=False):
    return {"kind": kind, "landing_no": landing_no, "first_seen": first_seen, "blocklisted": blocklisted}


def edge(left, right, observations=1, landing_no=1):
    return {"left": left, "right": right, "observations": observations, "landing_no": landing_no}


def run(identifiers, edges, **more):
    """(key -> anchor or None, key -> reason)."""
    return resolved(Graph(identifiers, edges, **more))


def persons(anchors):
    """The persons as sets of keys."""
    return {frozenset(k for k in anchors if anchors[k] == a) for a in anchors.values() if a is not None}


def test_a_family_phone_leaves_two_customers_and_belongs_to_nobody():
    identifiers = {
        1: identifier(MEMBER),
        2: identifier(MEMBER),
        3: identifier(EMAIL),
        4: identifier(EMAIL),
        5: identifier(PHONE),
    }
    anchors, reasons = run(
        identifiers, [edge(1, 3), edge(2, 4), edge(1, 5, observations=9), edge(2, 5), edge(3, 5), edge(4, 5)]
    )
    assert persons(anchors) == {frozenset({1, 3}), frozenset({2, 4})}
    assert reasons[5] == "shared_value"


@pytest.mark.parametrize("kind", [MEMBER, CARD])
def test_a_mailbox_shared_by_twenty_links_none_of_them_and_each_stays_a_customer(kind):
    identifiers = {key: identifier(kind) for key in range(1, 21)} | {99: identifier(EMAIL)}
    anchors, reasons = run(identifiers, [edge(key, 99) for key in range(1, 21)])
    assert persons(anchors) == {frozenset({key}) for key in range(1, 21)}
    assert reasons[99] == "too_many_records"


def test_a_mailbox_on_twenty_cards_of_one_member_is_that_members():
    cards = range(2, 22)
    identifiers = {1: identifier(MEMBER), 99: identifier(EMAIL)} | {key: identifier(CARD) for key in cards}
    anchors, _ = run(identifiers, [edge(1, key) for key in cards] + [edge(key, 99) for key in cards])
    assert persons(anchors) == {frozenset(identifiers)}


def test_a_mailbox_of_as_many_cards_as_allowed_links_them():
    identifiers = {key: identifier(CARD) for key in range(1, 6)} | {99: identifier(EMAIL)}
    anchors, _ = run(identifiers, [edge(key, 99) for key in range(1, 6)])
    assert persons(anchors) == {frozenset(identifiers)}


def test_a_mailbox_shared_by_too_many_still_counts_where_an_override_ties_it_to_one():
    identifiers = {key: identifier(CARD) for key in range(1, 21)} | {99: identifier(EMAIL)}
    anchors, _ = run(identifiers, [edge(key, 99) for key in range(1, 21)], always=[(1, 99)])
    assert anchors[99] == anchors[1]


def test_a_phone_of_two_cards_whose_records_contradict_each_other_is_no_link():
    # card 1 with e-mail 3, card 2 with e-mail 4, phone 5 on both
    identifiers = {1: identifier(CARD), 2: identifier(CARD), 3: identifier(EMAIL), 4: identifier(EMAIL)}
    identifiers[5] = identifier(PHONE)
    edges = [edge(1, 3), edge(2, 4), edge(1, 5), edge(2, 5), edge(3, 5), edge(4, 5)]
    anchors, reasons = run(identifiers, edges, conflicts=[(1, 2)])
    assert persons(anchors) == {frozenset({1, 3}), frozenset({2, 4})}
    assert reasons[5] == "conflicting_records"
    assert len(persons(run(identifiers, edges)[0])) == 1


def test_records_in_conflict_are_kept_apart_at_the_weakest_value_between_them_however_far():
    # card 1 - email 3 - (an order) - phone 4 - card 2, and a third card on the e-mail that agrees with card 1
    identifiers = {1: identifier(CARD), 2: identifier(CARD), 5: identifier(CARD)}
    identifiers |= {3: identifier(EMAIL), 4: identifier(PHONE)}
    anchors, reasons = run(identifiers, [edge(1, 3), edge(5, 3), edge(3, 4), edge(2, 4)], conflicts=[(1, 2)])
    assert persons(anchors) == {frozenset({1, 3, 5}), frozenset({2})}
    assert reasons[4] == "conflicting_records"


def test_two_records_of_one_member_are_one_person_whatever_they_say():
    identifiers = {1: identifier(MEMBER), 2: identifier(CARD), 3: identifier(CARD), 4: identifier(PHONE)}
    edges = [edge(1, 2), edge(1, 3), edge(2, 4), edge(3, 4)]
    anchors, reasons = run(identifiers, edges, conflicts=[(2, 3), (1, 2)])
    assert persons(anchors) == {frozenset({1, 2, 3, 4})}
    assert not any(reasons.values())


def test_a_conflict_is_no_bar_to_an_override_or_to_a_card_that_names_the_member():
    identifiers = {1: identifier(CARD), 2: identifier(CARD), 3: identifier(PHONE)}
    anchors, _ = run(identifiers, [edge(1, 3), edge(2, 3)], always=[(1, 2)], conflicts=[(1, 2)])
    assert persons(anchors) == {frozenset({1, 2, 3})}


def test_likely_records_are_one_person_unless_both_are_members_or_somebody_said_never():
    identifiers = {1: identifier(MEMBER), 2: identifier(CARD), 3: identifier(MEMBER), 4: identifier(CARD)}
    likely = [(1, 2, 9.0), (2, 3, 8.0), (1, 4, 7.0)]
    anchors, reasons = run(identifiers, [], likely=likely, never=[(1, 4)], conflicts=[(1, 2)])
    assert persons(anchors) == {frozenset({1, 2}), frozenset({3}), frozenset({4})}
    assert not any(reasons.values())


def test_of_two_likely_pairs_that_exclude_each_other_the_heavier_stands():
    identifiers = {1: identifier(MEMBER), 2: identifier(MEMBER), 3: identifier(CARD)}
    anchors, _ = run(identifiers, [], likely=[(1, 3, 8.0), (2, 3, 9.0)])
    assert persons(anchors) == {frozenset({1}), frozenset({2, 3})}


def test_a_cookie_seen_with_two_records_that_are_likely_one_person_is_that_persons():
    identifiers = {1: identifier(MEMBER), 2: identifier(CARD), 3: identifier(VISITOR)}
    anchors, _ = run(identifiers, [edge(1, 3), edge(2, 3)], likely=[(1, 2, 9.0)])
    assert persons(anchors) == {frozenset({1, 2, 3})}


def test_a_tablet_of_two_members_belongs_to_nobody():
    identifiers = {1: identifier(MEMBER), 2: identifier(MEMBER), 3: identifier(VISITOR)}
    anchors, reasons = run(identifiers, [edge(1, 3, observations=50), edge(2, 3)])
    assert persons(anchors) == {frozenset({1}), frozenset({2})}
    assert reasons[3] == "shared_device"


def test_only_the_weakest_link_of_a_chain_between_members_is_cut():
    # member 1 - email 3 - phone 4 - card 5 - member 2
    identifiers = {
        1: identifier(MEMBER),
        2: identifier(MEMBER),
        3: identifier(EMAIL),
        4: identifier(PHONE),
        5: identifier(CARD),
    }
    anchors, reasons = run(identifiers, [edge(1, 3), edge(3, 4), edge(4, 5), edge(5, 2)])
    assert persons(anchors) == {frozenset({1, 3}), frozenset({2, 5})}
    assert reasons[4] == "shared_value"


def test_a_card_seen_with_two_members_stays_with_the_one_it_was_seen_with_more_often():
    identifiers = {1: identifier(MEMBER), 2: identifier(MEMBER), 3: identifier(CARD)}
    anchors, reasons = run(identifiers, [edge(1, 3), edge(2, 3, observations=2)])
    assert persons(anchors) == {frozenset({1}), frozenset({2, 3})}
    assert not any(reasons.values())


def test_a_shared_tablet_is_blocked_and_joins_nobody():
    identifiers = {
        1: identifier(MEMBER),
        2: identifier(EMAIL),
        3: identifier(VISITOR),
        4: identifier(VISITOR),
    }
    anchors, reasons = run(identifiers, [edge(1, 3), edge(2, 3), edge(1, 4)])
    assert persons(anchors) == {frozenset({1, 4}), frozenset({2})}
    assert reasons[3] == "shared_device"


def test_a_cookie_seen_with_two_identifiers_of_one_person_is_that_persons():
    identifiers = {1: identifier(MEMBER), 2: identifier(EMAIL), 3: identifier(VISITOR)}
    anchors, _ = run(identifiers, [edge(1, 2), edge(1, 3), edge(2, 3)])
    assert persons(anchors) == {frozenset({1, 2, 3})}


def test_a_cookie_seen_only_with_a_blocked_value_is_a_visitor_of_its_own():
    identifiers = {1: identifier(EMAIL, blocklisted=True), 2: identifier(VISITOR)}
    anchors, reasons = run(identifiers, [edge(1, 2)])
    assert anchors == {1: None, 2: 2}
    assert reasons == {1: "blocklisted", 2: ""}


def test_the_anchor_is_strong_before_old_and_old_before_strong_within_strong_ones():
    identifiers = {
        1: identifier(VISITOR, landing_no=1),
        2: identifier(PHONE, landing_no=2),
        3: identifier(MEMBER, landing_no=3),
    }
    anchors, _ = run(identifiers, [edge(1, 3), edge(2, 3)])
    assert set(anchors.values()) == {2}


def test_an_always_link_joins_two_members_and_a_blocklisted_value_still_links_nobody():
    identifiers = {
        1: identifier(MEMBER),
        2: identifier(MEMBER),
        3: identifier(EMAIL, blocklisted=True),
        4: identifier(CARD),
    }
    anchors, _ = run(identifiers, [edge(3, 4)], always=[(1, 2), (3, 4)])
    assert persons(anchors) == {frozenset({1, 2}), frozenset({4})}


def test_a_never_link_takes_two_apart_at_the_weakest_identifier_between_them():
    identifiers = {1: identifier(CARD), 2: identifier(LINE), 3: identifier(PHONE)}
    anchors, reasons = run(identifiers, [edge(1, 3), edge(2, 3)], never=[(1, 2)])
    assert persons(anchors) == {frozenset({1}), frozenset({2})}
    assert reasons[3] == "shared_value"


def test_two_tied_members_count_as_one_person_and_keep_a_mailbox_of_theirs():
    identifiers = {1: identifier(MEMBER), 2: identifier(MEMBER), 3: identifier(EMAIL)}
    anchors, _ = run(identifiers, [edge(1, 3), edge(2, 3)], always=[(1, 2)])
    assert persons(anchors) == {frozenset({1, 2, 3})}


def test_no_identifiers_give_no_persons():
    assert run({}, []) == ({}, {})
