"""Contradictions that are kept are those of a table made whole; only components that were decided anew are compared."""

import pytest
from models import Crash, Models

TEXTS = "last_name, first_name, last_name_kana, first_name_kana, email, phone, gender, postal_code, prefecture, address"
BEFORE = f"""
    create schema matching;
    create table matching.matching_keys (kind varchar, value varchar, key varchar, reading varchar);
    create table stg_members (member_id varchar, {TEXTS.replace(",", " varchar,")} varchar, birth_date date,
        registered_at timestamp, updated_at timestamp);
    create table stg_store_cards as select *, member_id as card_no from stg_members;
    create table kanji_variants (variant varchar);
    create table identity_conflict_rules (evidence varchar, points bigint);
    insert into identity_conflict_rules values ('birth_date_differs', 4), ('email_shared', -1), ('phone_differs', 1);
    insert into run.settings values ('identity_conflict_points', '3');
    insert into run.context values (date '2026-05-01', timestamp '2026-05-02', 'pepper', false);
"""
# Three pairs of cards, each with an e-mail address that both were seen with.
CARDS = [f"k{number}" for number in range(6)]
MODEL = "identity_conflicts"


def warehouse() -> tuple[Models, dict[str, int]]:
    """The tables, and the key of each card and address."""
    made = Models()
    con = made.con
    con.execute(BEFORE)
    con.execute("create table identifier_values (identifier_key bigint, identifier_kind varchar, value varchar)")
    keys = {}
    for kind, values in (("card_no", CARDS), ("email", [f"e{number}" for number in range(3)])):
        for value in values:
            [(keys[value],)] = con.execute(
                "select " + made.render(f"{{{{ key_of('{kind}', \"'{value}'\") }}}}")
            ).fetchall()
            con.execute("insert into identifier_values values (?, ?, ?)", [keys[value], kind, value])
    con.execute("create table identifiers as select *, 'h' || value as identifier_hash from identifier_values")
    con.execute("create table int_identity__edges (left_key bigint, right_key bigint)")
    con.execute(
        "create table int_identity__near_identifiers (identifier_key bigint, component bigint, core_key bigint,"
        " is_record boolean, claims smallint)"
    )
    for number, card in enumerate(CARDS):
        near = keys[f"e{number // 2}"]
        con.execute(
            "insert into stg_store_cards by name select ? as card_no, make_date(1980 + ?, 1, 1) as birth_date",
            [card, number % 2 if number < 4 else 0],
        )
        con.execute("insert into int_identity__edges values (?, ?)", [keys[card], near])
        con.execute("insert into int_identity__near_identifiers values ($1, $2, $1, true, 0)", [keys[card], near])
    con.execute("insert into int_identity__near_identifiers select distinct component, component, component, false, 0"
                " from int_identity__near_identifiers")  # fmt: skip
    made.build("int_identity__records")
    return made, keys


def pairs(made: Models, keys: dict[str, int]) -> set[frozenset[str]]:
    """The cards that contradict each other."""
    card_of = {key: value for value, key in keys.items()}
    return {frozenset((card_of[a], card_of[b])) for a, b in made.rows(f"select left_key, right_key from {MODEL}")}


def test_only_what_was_decided_anew_is_compared_again() -> None:
    made, keys = warehouse()
    made.build(MODEL)
    assert pairs(made, keys) == {frozenset(("k0", "k1")), frozenset(("k2", "k3"))}
    # All cards say otherwise by now, of which identity has decided the first and the last pair anew.
    made.con.execute(
        "update stg_store_cards set birth_date = make_date(case when card_no = 'k5' then 1990 else 1980 end, 1, 1)"
    )
    decided = [keys[name] for name in ("k0", "k1", "e0", "k4", "k5", "e2")]
    made.con.execute("insert into run.decided_identifiers select unnest(?)", [decided])
    with pytest.raises(Crash):
        made.build(MODEL, crashes=True)
    made.build(MODEL)
    assert pairs(made, keys) == {frozenset(("k2", "k3")), frozenset(("k4", "k5"))}
    # One of a pair is gone, and with it what he contradicted.
    made.con.execute("delete from int_identity__near_identifiers where component = ?", [keys["e2"]])
    made.build(MODEL)
    assert pairs(made, keys) == {frozenset(("k2", "k3"))}
    made.con.execute("insert into run.decided_identifiers values (null)")
    made.build(MODEL)
    assert pairs(made, keys) == set()
