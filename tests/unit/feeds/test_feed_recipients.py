"""Feeds keyed by an address or an id of recipients: whose address, by whose consent, and where it is never written."""

import pytest
from feed_steps import AS_OF, CUT_OFF, feed_of, receive

from dagster_project.activation.feeds import (
    bind,
    check_feeds,
    deliver,
    deliver_all,
    dry_run,
    prepare,
    prepare_all,
    record_erasure,
    sync_tables,
    take_back,
)
from dagster_project.activation.feeds.recipients import HeldAddresses
from dagster_project.errors import ConfigurationError, StageFailed


@pytest.fixture
def people(con):
    """c1 consents and has an old and a new address; c2 does not consent; c3 consents and has a phone and no address;
    c4 consents and shares c2's phone.
    """
    con.execute("create schema identity")
    con.execute("create schema pii")
    con.execute(
        "create table marts.customers"
        " (customer_id varchar, consent_email boolean, consent_sms boolean, member_ids varchar[])"
    )
    con.execute(
        "insert into marts.customers values ('c1', true, true, ['m1']), ('c2', false, false, ['m2', 'm3']),"
        " ('c3', true, true, []), ('c4', true, true, [])"
    )
    con.execute("create table marts.customer_aliases (alias_id varchar, customer_id varchar)")
    con.execute(
        "create table identity.identity_map as select * from (values"
        " (1, 'email', 'c1'), (2, 'email', 'c1'), (3, 'email', 'c2'), (4, 'phone', 'c3'), (5, 'email', null),"
        " (6, 'visitor_id', 'c1'), (7, 'visitor_id', 'visitor-only'))"
        " as rows (identifier_key, identifier_kind, customer_id)"
    )
    con.execute(
        "create table pii.identifier_values as select * from (values (1, 'old@example.jp'),"
        " (2, 'new@example.jp'), (3, 'no@example.jp'), (4, '+81311111111'), (5, 'shared@example.jp'), (6, 'v1'),"
        " (7, 'v2'))"
        " as rows (identifier_key, value)"
    )
    con.execute(
        "create table pii.person_attributes as select * from (values ('c1', 'new@example.jp', null, 'U1'),"
        " ('c2', 'no@example.jp', '+81322222222', null), ('c3', null, '+81311111111', null),"
        " ('c4', null, '+81322222222', null)) as rows (customer_id, email, phone, line_user_id)"
    )
    return con


def mailing(kind="email", channel="email", key="email", columns=None, **changes):
    recipients = {"kind": kind, **({"channel": channel} if channel else {}), **changes.pop("recipients", {})}
    return feed_of(
        feed_id="mailing",
        source={"table": "customers"},
        recipients=recipients,
        key=key,
        columns=columns or [{"name": key, "from": "address"}, {"name": "customer_id"}],
        **changes,
    )


def send(con, home, feed, **options):
    return deliver(home, prepare(con, home, feed, AS_OF, CUT_OFF, **options))


@pytest.mark.parametrize(
    ("kind", "channel", "which", "expected"),
    [
        ("email", "email", "newest", {"new@example.jp": ["c1"]}),
        ("email", "email", "all", {"new@example.jp": ["c1"], "old@example.jp": ["c1"]}),
        # c4 agrees, but who opted out reads the same phone.
        ("phone", "sms", "newest", {"+81311111111": ["c3"]}),
        ("line_user_id", "email", "newest", {"U1": ["c1"]}),
        ("visitor_id", None, "newest", {"v1": ["c1"]}),
        ("user_id", None, "newest", {"m1": ["c1"], "m2": ["c2"], "m3": ["c2"]}),
        ("user_id", "email", "newest", {"m1": ["c1"]}),
    ],
)
def test_each_kind_of_key_is_one_row_per_recipient_who_agrees(people, home, kind, channel, which, expected):
    send(people, home, mailing(kind, channel, key="recipient", recipients={"which": which}))
    assert receive(home, "mailing") == expected


def test_an_address_needs_a_channel_whose_consent_counts(tmp_path):
    (tmp_path / "mailing.yml").write_text(
        "feed_id: mailing\ndescription: M.\nsource: {table: customers}\nkey: email\nmode: mirror\n"
        "recipients:\n  kind: email\ncolumns:\n  - {name: email, from: address}\ndestination: {type: folder}\n"
    )
    [fault] = check_feeds(tmp_path)
    assert "kind email is an address: say by which channel" in str(fault)


def test_who_withdraws_consent_is_sent_as_a_deletion_by_address(people, home):
    send(people, home, mailing())
    people.execute("update marts.customers set consent_email = false")
    assert send(people, home, mailing()).counts.removed == 1
    assert receive(home, "mailing") == {}


def test_an_address_is_deleted_at_its_receiver_though_the_warehouse_has_forgotten_it(people, home):
    send(people, home, mailing())
    record_erasure(home, ["c1"])
    for table in ("pii.person_attributes", "marts.customers", "identity.identity_map"):
        people.execute(f"delete from {table} where customer_id = 'c1'")
    people.execute("delete from pii.identifier_values")
    assert send(people, home, mailing()).counts.removed == 1
    assert receive(home, "mailing") == {}
    assert people.execute(f"select count(*) from ({HeldAddresses(home, 'mailing').rows})").fetchone() == (0,)


def test_addresses_that_a_new_receiver_holds_are_known_after_the_old_one_was_cleared(people, home):
    send(people, home, mailing())
    moved = mailing(destination={"type": "folder", "path": "other"})
    people.execute("insert into marts.customers values ('c9', true, true, [])")
    people.execute("insert into pii.person_attributes values ('c9', 'nine@example.jp', null, null)")
    record_erasure(home, ["c1"])
    deliver_all(home, list(prepare_all(people, home, [moved], AS_OF, CUT_OFF)))
    assert receive(home, "mailing") == {}
    assert receive(home, "other/mailing").keys() == {"nine@example.jp"}
    people.execute("update marts.customers set consent_email = false")
    assert send(people, home, moved).counts.removed == 1
    assert receive(home, "other/mailing") == {}


def test_no_address_is_in_the_ledger_the_tables_the_scratch_or_a_dry_run(people, home):
    people.execute("insert into pii.person_attributes values ('c3', ?, null, null)", ["long" * 70 + "@example.jp"])
    shown = dry_run(
        people, home, mailing(columns=[{"name": "email", "from": "address"}, {"name": "a", "from": "address"}])
    )
    assert shown.held_back_reasons == {"a: more than 256 bytes": 1}
    assert "example.jp" not in shown.model_dump_json()
    done = send(people, home, mailing())
    assert "example.jp" not in done.model_dump_json()
    people.execute("update marts.customers set consent_email = false")
    send(people, home, mailing())
    sync_tables(people, home)
    for table in ("sync_runs", "sync_rows"):
        assert "example.jp" not in str(people.execute(f"select * from activation.{table}").fetchall())
    kept = people.execute(f"select * from read_parquet('{home.ledger}/feeds/mailing/*.parquet')").fetchall()
    assert len(kept) == 4
    assert "example.jp" not in str(kept)
    for path in [*home.ledger.rglob("*.json"), *home.scratch.rglob("*")]:
        assert not path.is_file() or "example.jp" not in path.read_text()
    assert people.execute("select count(distinct row_key) from activation.sync_rows").fetchone() == (2,)


def test_an_unchanged_address_is_known_again_and_a_changed_row_of_it_is_sent(people, home):
    feed = mailing(columns=[{"name": "email", "from": "address"}, {"name": "consents", "from": "consent_sms"}])
    send(people, home, feed)
    assert send(people, home, feed).status == "unchanged"
    people.execute("update marts.customers set consent_sms = false where customer_id = 'c1'")
    assert send(people, home, feed).counts.changed == 1
    assert receive(home, "mailing") == {"new@example.jp": ["false"]}


def test_a_refused_address_is_named_by_its_hash(people, home, receiver):
    receiver.refuses = {"new@example.jp": "new@example.jp bounces"}
    feed = mailing(destination={"type": "rows"})
    assert send(people, home, feed).rejected_reasons == {"... bounces": 1}
    sync_tables(people, home)
    assert people.execute("select status, reason from activation.sync_rows").fetchall() == [("rejected", "... bounces")]
    receiver.refuses = {}
    assert send(people, home, feed).counts.added == 1
    assert receiver.table == {"new@example.jp": ["c1"]}


def steps_by_address(people, *columns):
    """A feed of one listed step, r1 of c1, with these columns of it and the address."""
    people.execute("create table marts.steps as select 'r1' as feed_row_id, 'c1' as customer_id")
    return feed_of(
        feed_id="mailing",
        source={"table": "steps"},
        recipients={"kind": "email", "channel": "email"},
        key="feed_row_id",
        mode="upsert",
        columns=[*({"name": column} for column in columns), {"name": "email", "from": "address"}],
    )


def test_a_list_of_steps_may_carry_the_address_as_a_column(people, home):
    feed = steps_by_address(people, "feed_row_id")
    send(people, home, feed)
    assert receive(home, "mailing") == {"r1": ["new@example.jp"]}
    people.execute("delete from marts.steps")
    send(people, home, feed)
    assert receive(home, "mailing") == {}


def test_a_step_listed_for_who_was_merged_since_is_still_sent_to_him(people, home):
    feed = steps_by_address(people, "feed_row_id", "customer_id")
    send(people, home, feed)
    people.execute("insert into marts.customer_aliases values ('c1', 'c9')")
    for table in ("marts.customers", "pii.person_attributes"):
        people.execute(f"update {table} set customer_id = 'c9' where customer_id = 'c1'")
    assert send(people, home, feed).status == "unchanged"
    assert receive(home, "mailing") == {"r1": ["c1", "new@example.jp"]}
    people.execute("update marts.customers set consent_email = false where customer_id = 'c9'")
    assert send(people, home, feed).counts.removed == 1


def test_a_source_without_customer_id_is_a_fault(people):
    people.execute("create table marts.nameless as select 1 as id")
    with pytest.raises(ConfigurationError, match=r"feeds/mailing\.yml.*customer_id"):
        bind(
            people,
            feed_of(feed_id="mailing", source={"table": "nameless"}, recipients={"kind": "user_id"}),
        )


def test_addresses_that_surely_never_left_are_not_kept(people, home, receiver):
    receiver.breaks_after, receiver.leaves_parts = 0, False
    feed = mailing(destination={"type": "rows"})
    with pytest.raises(StageFailed, match="feed mailing was not delivered"):
        send(people, home, feed)
    assert people.execute(HeldAddresses(home, "mailing").rows).fetchall() == []


def test_a_deletion_waits_for_its_address_where_a_home_was_put_back_without_it(people, home, con):
    send(people, home, mailing())
    kept = HeldAddresses(home, "mailing").path
    kept.rename(kept.with_name("elsewhere"))
    people.execute("update marts.customers set consent_email = false")
    done = send(people, home, mailing())
    assert done.status == "unchanged"
    assert "put recipients/ of this home's backup back" in str(done.held_back_reasons)
    taken = take_back(con, home, mailing(), AS_OF, CUT_OFF, force=True)
    assert (taken.counts.removed, taken.counts.held_back) == (0, 1)
    kept.with_name("elsewhere").rename(kept)
    assert send(people, home, mailing()).counts.removed == 1
    assert receive(home, "mailing") == {}


@pytest.mark.parametrize("becomes", ["a list of addresses", "a plain list", "one under another salt"])
def test_a_row_that_is_sent_under_another_key_of_the_ledger_is_not_deleted_by_the_same_sync(
    people, home, monkeypatch, becomes
):
    people.execute("create table marts.steps as select unnest(['r1', 'r2']) as feed_row_id, 'c1' as customer_id")
    common = {"feed_id": "mailing", "source": {"table": "steps"}, "key": "feed_row_id", "mode": "upsert"}
    plain = feed_of(**common, columns=[{"name": "feed_row_id"}, {"name": "customer_id"}])
    addressed = feed_of(
        **common,
        recipients={"kind": "email", "channel": "email"},
        columns=[{"name": "feed_row_id"}, {"name": "email", "from": "address"}],
    )
    before, after = (plain, addressed) if becomes == "a list of addresses" else (addressed, plain)
    if becomes == "one under another salt":
        after = addressed
    send(people, home, before)
    people.execute("delete from marts.steps where feed_row_id = 'r2'")
    if after is before:
        monkeypatch.setenv("KIZUNA_SALT", "another")
    assert send(people, home, after).counts.removed == 1
    assert receive(home, "mailing") == {"r1": ["c1" if after is plain else "new@example.jp"]}
    assert send(people, home, after).status == "unchanged"
    people.execute("delete from marts.steps")
    assert send(people, home, after).counts.removed == 1
    assert receive(home, "mailing") == {}
