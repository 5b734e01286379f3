"""List delivery: a feed keyed by an address gets it in the engine, for people who consent, one row per
recipient.
"""

import pytest
from feed_steps import AS_OF, CUT_OFF, feed_of, receive

from dagster_project.activation.feeds import deliver, prepare, sync_tables


@pytest.fixture
def people(con):
    """c1 consents and has two addresses; c2 does not consent; c3 consents and has no address but a phone."""
    con.execute("create schema identity")
    con.execute("create schema pii")
    con.execute(
        "create table marts.customers as select * from (values ('c1', true), ('c2', false), ('c3', true))"
        " as rows (customer_id, consent_email)"
    )
    con.execute(
        "create table identity.identity_map as select * from (values"
        " (1, 'email', 'c1'), (2, 'email', 'c1'), (3, 'email', 'c2'), (4, 'phone', 'c3'), (5, 'email', null))"
        " as rows (identifier_key, identifier_kind, customer_id)"
    )
    con.execute(
        "create table pii.identifier_values as select * from (values (1, 'email', 'one@example.jp'),"
        " (2, 'email', 'two@example.jp'), (3, 'email', 'no@example.jp'), (4, 'phone', '+81312345678'),"
        " (5, 'email', 'shared@example.jp')) as rows (identifier_key, identifier_kind, value)"
    )
    return con


MAILING = feed_of(
    feed_id="mailing",
    source={"table": "customers"},
    recipients={"kind": "email", "channel": "email"},
    key="email",
    columns=[{"name": "email", "from": "address"}, {"name": "customer_id"}],
)


def test_each_address_of_a_consenting_person_is_one_row(people, home):
    deliver(home, prepare(people, home, MAILING, AS_OF, CUT_OFF))
    assert receive(home, "mailing") == {"one@example.jp": ["c1"], "two@example.jp": ["c1"]}


def test_who_withdraws_consent_is_sent_as_a_deletion(people, home):
    deliver(home, prepare(people, home, MAILING, AS_OF, CUT_OFF))
    people.execute("update marts.customers set consent_email = false")
    assert deliver(home, prepare(people, home, MAILING, AS_OF, CUT_OFF)).counts.removed == 2
    assert receive(home, "mailing") == {}


def test_no_table_that_analysts_see_holds_an_address(people, home):
    deliver(home, prepare(people, home, MAILING, AS_OF, CUT_OFF))
    sync_tables(people, home)
    for table in ("sync_runs", "sync_rows"):
        assert "example.jp" not in str(people.execute(f"select * from activation.{table}").fetchall())
