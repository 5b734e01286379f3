"""Whose parties are, kept from run to run, is what a table built whole says, whoever has come, gone or merged."""

import pytest
from models import Crash, Models

BEFORE = """
    create table identity_kinds (kind varchar, strength bigint);
    insert into identity_kinds values ('member_id', 1), ('email', 4), ('visitor_id', 6);
    create table given (identifier_key bigint, identifier_kind varchar, customer_id varchar, is_blocklisted boolean);
    insert into given values
        (10, 'member_id', 'c1', false), (11, 'member_id', 'c2', false), (40, 'email', 'c1', false),
        (41, 'email', null, false), (60, 'visitor_id', 'c3', false), (61, 'visitor_id', null, false),
        (62, 'visitor_id', null, true);
    create view identity_map as from given;
    create table parties (party_key bigint, member_key bigint, card_key bigint, line_key bigint, email_key bigint,
        phone_key bigint, visitor_key bigint);
    insert into parties by name
        select * from (values (1, 10, 40, 60), (2, null, 41, 60), (3, null, null, 61), (4, null, null, 62),
            (5, 11, null, 61), (6, null, 40, 60)) as rows (party_key, member_key, email_key, visitor_key)
"""
# What is news, the identifiers that identity notes for it (None: all), and the parties that have come or gone.
NEWS: dict[str, tuple[str, list[int | None], list[int | None]]] = {
    "nothing": ("select 1", [], []),
    "two are one": ("update given set customer_id = 'c1' where customer_id = 'c3'", [60], []),
    "an identifier is nobody's": ("update given set customer_id = null where identifier_key in (40, 60)", [40, 60], []),
    "a device is one's own": ("update given set customer_id = 'c4' where identifier_key = 61", [61], []),
    "an identifier is blocked": ("update given set is_blocklisted = true where identifier_key = 61", [61], []),
    "one is blocked no more": ("update given set is_blocklisted = false where identifier_key = 62", [62], []),
    "an identifier goes": ("delete from given where identifier_key in (60, 61)", [60, 61], []),
    "one comes": (
        "insert into given values (42, 'email', 'c5', false); insert into parties by name"
        " select 7 as party_key, 42 as email_key, 61 as visitor_key", [42, 61], [7]),
    "a party comes that is nobody's": (
        "insert into parties by name select 8 as party_key, 62 as visitor_key", [], [8]),
    "a party goes": ("delete from parties where party_key in (1, 3)", [], [1, 3]),
    "parties are read anew": (
        "delete from parties where party_key in (1, 3); update parties set email_key = 40", [], [None]),
    "kinds change places": ("update identity_kinds set strength = 10 - strength", [None], []),
}  # fmt: skip
ROWS = "select * exclude (_batch) from party_customers"


def warehouse() -> Models:
    made = Models()
    made.con.execute(BEFORE)
    return made


@pytest.mark.parametrize(("news", "owners", "parties"), NEWS.values(), ids=NEWS.keys())
def test_a_day_after_a_day_is_the_whole_table(news: str, owners: list[int | None], parties: list[int | None]) -> None:
    kept, anew = warehouse(), warehouse()
    kept.build("party_customers")
    assert kept.rows("from run.changed_parties") == [(None,)]
    kept.con.execute("delete from run.changed_parties")
    for made in (kept, anew):
        made.con.execute(news)
    kept.con.execute("insert into run.changed_owners select unnest(?::bigint[])", [owners])
    kept.con.execute("insert into run.changed_parties select unnest(?::bigint[])", [parties])
    before = kept.rows(ROWS)
    with pytest.raises(Crash):
        kept.build("party_customers", crashes=True)
    kept.build("party_customers")
    anew.build("party_customers")
    now = kept.rows(ROWS)
    assert now == anew.rows(ROWS)
    # What comes after reads these parties alone, or all of them.
    noted = {party for (party,) in kept.rows("from run.changed_parties")}
    assert None in noted or {party for party, *_ in set(before) ^ set(now)} <= noted


def test_rows_of_parties_that_are_whose_they_were_stay() -> None:
    made = warehouse()
    made.build("party_customers")
    made.con.execute("delete from run.changed_parties")
    made.con.execute("update party_customers set customer_id = 'kept'")  # to be told from those that are made again
    made.con.execute("update given set customer_id = 'c9' where identifier_key = 11")
    made.con.execute("insert into run.changed_owners values (11)")
    made.build("party_customers")
    assert made.rows("select party_key from party_customers where customer_id is distinct from 'kept'") == [(5,)]
    assert made.rows("from run.changed_parties") == [(5,)]
