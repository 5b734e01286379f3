"""The PostgreSQL destination against a real server: one transaction, the schema, refused rows, failures and TLS."""

import pytest

from dagster_project.activation.feeds.destinations import DestinationFailed
from dagster_project.activation.feeds.destinations.postgresql import PostgresqlDestination
from dagster_project.activation.feeds.destinations.postgresql_table import Target
from dagster_project.errors import StageFailed
from tests.ports import free_port
from tests.services.postgres_server import PASSWORD, Unheard
from tests.services.syncs import SECOND, STRINGS, Engine, Killed, killed_after, opened, written


def test_a_first_sync_makes_the_table_and_the_next_changes_and_deletes_its_own_rows_only(postgres, home, tmp_path):
    destination = opened(postgres.settings(schema="crm", table="members"), home)
    columns = (
        ("user_id", "string"), ("n", "integer"), ("net_sales", "number"), ("is_on", "boolean"), ("on_day", "date"),
        ("seen_at", "timestamp"), ("select", "string"),
    )  # fmt: skip
    seen = "2024-12-31 15:00:00"
    rows = [("a", 2**53 + 1, "123456789012345678.25", "true", "2024-02-29", seen, "x")]
    rows += [("b", "", "", "", "1900-01-01", seen, "")]
    first = written(tmp_path, rows, columns=columns)
    receipt = destination.send(first.id, first.folder, first.names)
    assert receipt.place == f"postgresql://127.0.0.1:{postgres.port}/postgres, table crm.members"
    assert receipt.rejected == ()
    rows = postgres.run('select user_id, n, net_sales::text, is_on, on_day::text, "select" from crm.members order by 1')
    assert rows == [
        ("a", 2**53 + 1, "123456789012345678.25", True, "2024-02-29", "x"),
        ("b", None, None, None, "1900-01-01", None),
    ]
    postgres.run("insert into crm.members (user_id, n) values ('theirs', 7)")
    second = written(tmp_path, [("b", "5", "1", "", "1900-01-01", seen, "")], ("a",), SECOND, columns=columns)
    destination.send(second.id, second.folder, second.names)
    assert postgres.run("select user_id, n from crm.members order by 1") == [("b", 5), ("theirs", 7)]
    syncs = postgres.run("select sync_id, table_name, manifest ->> 'key', rejected from crm.kizuna_syncs order by 1")
    assert syncs == [(first.sync_id, "members", "user_id", []), (SECOND, "members", "user_id", [])]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_values_arrive_as_they_are(postgres, home, tmp_path, suffix):
    odd = [
        "'; drop table things; --",
        'a "quoted", cell',
        "two\nlines",
        "back\\slash \\N \\.",
        "資生堂 🌸",
        "%s {}",
        " ",
    ]
    rows = [(f"k{n}{value}", value) for n, value in enumerate(odd)]
    sync = written(tmp_path, rows, suffix=suffix)
    destination = opened(postgres.settings(), home)
    destination.send(sync.id, sync.folder, sync.names)
    assert sorted(postgres.run("select key, name from things")) == sorted(rows)
    gone = written(tmp_path, [], tuple(key for key, _ in rows), SECOND, suffix=suffix)
    destination.send(gone.id, gone.folder, gone.names)
    assert postgres.run("select count(*) from things") == [(0,)]


ENDS = ("\\.", "a\n\\.\nb", "\\.\nc", 'd,"\n\\."')


@pytest.mark.parametrize("columns", [STRINGS[:1], STRINGS, STRINGS[::-1]], ids=["key alone", "key first", "name first"])
def test_a_line_that_ends_a_copy_ends_none(postgres, home, tmp_path, columns):
    """Servers before 17 take a line of `\\.` alone for the end, in a file of one column also where it is a cell."""
    names = [name for name, _ in columns]
    sync = written(tmp_path, [tuple([cell] * len(names)) for cell in (*ENDS, "k")], columns=columns)
    destination = opened(postgres.settings(), home)
    destination.send(sync.id, sync.folder, sync.names)
    assert {row[0] for row in postgres.run(f"select {names[0]} from things")} == {*ENDS, "k"}
    gone = written(tmp_path, [], ENDS, SECOND, columns=columns)
    assert destination.send(gone.id, gone.folder, gone.names).rejected == ()
    assert postgres.run(f"select {names[0]} from things") == [("k",)]


def test_rows_that_the_table_refuses_are_named_with_its_reason_and_the_rest_is_written(postgres, home, tmp_path):
    postgres.run("""
        create table things (key varchar(40) primary key, name text not null, age smallint check (age < 150));
        create function guard() returns trigger language plpgsql as $$
        begin
            if new.name = 'Yamada Hanako' then raise exception 'no member % at hanako@example.jp', new.name; end if;
            return new;
        end $$;
        create trigger guard before insert or update on things for each row execute function guard();
    """)
    columns = (("key", "string"), ("name", "string"), ("age", "integer"))
    rows = [(f"k{n:03}", f"name {n}", "30") for n in range(200)]
    rows[3] = ("k003", "old", "151")
    rows[77] = ("k077", "", "30")
    rows[140] = ("k140", "Yamada Hanako", "30")
    rows[150] = ("k150" + "x" * 40, "a key that is too long", "30")
    rows[199] = ("k199", "many", "99999")
    sync = written(tmp_path, rows, columns=columns)
    destination = opened(postgres.settings(), home)
    receipt = destination.send(sync.id, sync.folder, sync.names)
    assert dict(receipt.rejected) == {
        "k003": 'new row for relation "things" violates check constraint "things_age_check"',
        "k077": 'null value in column "name" of relation "things" violates not-null constraint',
        "k140": "no member … at …",
        "k150" + "x" * 40: "value too long for type character varying(40)",
        "k199": 'value "…" is out of range for type smallint',
    }
    assert postgres.run("select count(*) from things") == [(195,)]
    assert destination.holds(sync.id) == receipt


def test_a_row_whose_deletion_is_refused_stays_and_is_named(postgres, home, tmp_path):
    destination = opened(postgres.settings(), home)
    first = written(tmp_path, [("a", "1"), ("b", "2"), ("c", "3")])
    destination.send(first.id, first.folder, first.names)
    postgres.run("create table orders (key text references things (key)); insert into orders values ('b')")
    second = written(tmp_path, [], ("a", "b", "c"), SECOND)
    [(key, reason)] = destination.send(second.id, second.folder, second.names).rejected
    assert key == "b"
    assert "violates foreign key constraint" in reason
    assert postgres.run("select key from things") == [("b",)]


def test_killed_before_the_commit_nothing_is_there_and_after_it_everything_once(postgres, home, monkeypatch):
    engine = Engine(home, postgres.settings())
    engine.put({"a": "1", "b": "2"})
    with monkeypatch.context() as patch:
        killed_after(patch, Target, "note")
        with pytest.raises(Killed):
            engine.sync()
    assert postgres.run("select to_regclass('things')") == [(None,)]
    with monkeypatch.context() as patch:
        killed_after(patch, PostgresqlDestination, "send")
        with pytest.raises(Killed):
            engine.sync()
    written_by = postgres.run("select key, xmin::text from things order by 1")
    assert len(written_by) == 2
    assert engine.sync().status == "unchanged"
    assert postgres.run("select key, xmin::text from things order by 1") == written_by
    engine.put({"a": "one"})
    assert engine.sync(limits={"max_removed_share": 1}).counts.removed == 1
    assert postgres.run("select key, name, amount::text from things") == [("a", "one", "1.5")]


def test_a_connection_that_breaks_in_mid_transaction_is_tried_again_from_the_start(
    postgres, home, tmp_path, monkeypatch, waits
):
    broken = []
    apply = Target.apply

    def apply_and_break(self):
        rejected = apply(self)
        if not broken:
            broken.append(postgres.run(f"select pg_terminate_backend({self.connection.info.backend_pid})"))
        return rejected

    monkeypatch.setattr(Target, "apply", apply_and_break)
    sync = written(tmp_path, [("a", "1")])
    opened(postgres.settings(), home).send(sync.id, sync.folder, sync.names)
    assert broken
    assert len(waits) == 1
    assert postgres.run("select key from things") == [("a",)]


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_commit_whose_answer_is_lost_is_asked_for_and_never_applied_twice(postgres, home, tmp_path, waits, attempts):
    first, second = written(tmp_path, [("a", "1")]), written(tmp_path, [("a", "2")], (), SECOND)
    opened(postgres.settings(), home).send(first.id, first.folder, first.names)
    way = Unheard(postgres.port)
    destination = opened(postgres.settings(port=way.port, attempts=attempts), home)
    if attempts == 1:
        with pytest.raises(DestinationFailed, match="no connection, or it broke") as failure:
            destination.send(second.id, second.folder, second.names)
        assert not failure.value.sent_nothing
    else:
        destination.send(second.id, second.folder, second.names)
    assert way.lost == 1
    assert destination.holds(second.id) is not None
    assert postgres.run("select name from things") == [("2",)]
    way.close()


def test_a_sync_that_is_sent_again_is_not_applied_again(postgres, home, tmp_path):
    destination = opened(postgres.settings(), home)
    sync = written(tmp_path, [("a", "1")])
    assert destination.holds(sync.id) is None
    destination.send(sync.id, sync.folder, sync.names)
    postgres.run("update things set name = 'theirs'")
    destination.send(sync.id, sync.folder, sync.names)
    destination.discard(sync.id)
    assert postgres.run("select name from things") == [("theirs",)]


def test_rows_that_are_the_same_are_not_written_again(postgres, home, tmp_path):
    destination = opened(postgres.settings(), home)
    first, second = written(tmp_path, [("a", "1"), ("b", "")]), written(tmp_path, [("a", "1"), ("b", "")], (), SECOND)
    destination.send(first.id, first.folder, first.names)
    before = postgres.run("select xmin::text from things order by key")
    destination.send(second.id, second.folder, second.names)
    assert postgres.run("select xmin::text from things order by key") == before


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("create table things (key text primary key, name integer)", "column name is integer, the feed sends string"),
        ("create table things (key text, name text)", "no primary key or unique index on key alone"),
        ("create table things (key text, name text, primary key (key, name))", "no primary key or unique index"),
        ("create view things as select 'a' as key, 'b' as name", "no primary key or unique index"),
    ],
)
def test_a_table_that_does_not_fit_is_named_with_the_remedy_and_left_alone(postgres, home, tmp_path, table, words):
    postgres.run(table)
    sync = written(tmp_path, [("a", "1")])
    with pytest.raises(DestinationFailed, match=words) as failure:
        opened(postgres.settings(), home).send(sync.id, sync.folder, sync.names)
    assert str(failure.value).startswith(f"127.0.0.1:{postgres.port}, database postgres: table public.things")
    assert failure.value.sent_nothing
    assert postgres.run("select to_regclass('kizuna_syncs')") == [(None,)]


def test_columns_that_are_missing_are_added_and_others_are_left(postgres, home, tmp_path):
    postgres.run("create table things (key text primary key, note text default 'kept')")
    sync = written(tmp_path, [("a", "1", "2")], columns=(("key", "string"), ("name", "string"), ("n", "integer")))
    opened(postgres.settings(), home).send(sync.id, sync.folder, sync.names)
    assert postgres.run("select key, note, name, n from things") == [("a", "kept", "1", 2)]


def test_a_table_that_refuses_too_many_rows_is_not_touched(postgres, home, tmp_path, monkeypatch):
    monkeypatch.setattr("dagster_project.activation.feeds.destinations.postgresql_table.MAX_REFUSED", 10)
    postgres.run("create table things (key text primary key, name text check (name = 'fine'))")
    sync = written(tmp_path, [("a", "fine"), *((f"k{n}", "not") for n in range(30))])
    with pytest.raises(DestinationFailed, match=r"refuses more than 10 rows.*violates check constraint"):
        opened(postgres.settings(), home).send(sync.id, sync.folder, sync.names)
    assert postgres.run("select count(*) from things") == [(0,)]


def test_a_wrong_password_is_told_once_and_never_shown(postgres, home, tmp_path, monkeypatch, waits):
    monkeypatch.setenv("KIZUNA_PG_PASSWORD", "hunter2")
    engine = Engine(home, postgres.settings())
    engine.put({"a": "1"})
    with pytest.raises(StageFailed) as failure:
        engine.sync()
    assert "refuses user kizuna; look at user, database and KIZUNA_PG_PASSWORD" in str(failure.value)
    assert "hunter2" not in str(failure.value)
    assert waits == []
    monkeypatch.delenv("KIZUNA_PG_PASSWORD")
    with pytest.raises(DestinationFailed, match="set the environment variable KIZUNA_PG_PASSWORD"):
        opened(postgres.settings(), home).holds(("things", SECOND))
    monkeypatch.setenv("KIZUNA_PG_PASSWORD", PASSWORD)
    assert engine.sync().status == "delivered"


def test_a_user_without_rights_is_told_which_ones(postgres, home, tmp_path, monkeypatch):
    monkeypatch.setenv("KIZUNA_WEAK", "weak")
    postgres.run("drop role if exists weak; create role weak login password 'weak'")
    sync = written(tmp_path, [("a", "1")])
    destination = opened(postgres.settings(user="weak", password_env="KIZUNA_WEAK"), home)
    with pytest.raises(DestinationFailed, match="user weak may not do this; grant usage and create"):
        destination.send(sync.id, sync.folder, sync.names)


def test_a_server_that_is_down_is_tried_again_and_named(postgres, home, waits):
    destination = opened(postgres.settings(port=free_port(), attempts=3), home)
    with pytest.raises(DestinationFailed, match=r"no connection, or it broke; .* \(tried 3 times\)"):
        destination.holds(("things", SECOND))
    assert len(waits) == 2


def test_a_table_that_somebody_locks_is_waited_for_no_longer_than_allowed(postgres, home, tmp_path, waits):
    postgres.run("create table things (key text primary key, name text)")
    sync = written(tmp_path, [("a", "1")])
    with postgres.connect() as other:
        other.execute("lock table things in access exclusive mode")
        with pytest.raises(DestinationFailed, match="lock not available"):
            opened(postgres.settings(timeout_seconds=0.2), home).send(sync.id, sync.folder, sync.names)
    assert len(waits) == 1


def test_tls_is_verified_against_the_authority_that_the_yaml_names(
    postgres, home, tmp_path, certificates, waits, monkeypatch
):
    sync = written(tmp_path, [("a", "1")])
    for authority in (None, str(certificates.other)):
        destination = opened(postgres.settings(tls=True, certificates=authority), home)
        with pytest.raises(DestinationFailed, match="no TLS that can be trusted"):
            destination.send(sync.id, sync.folder, sync.names)
    named_otherwise = opened(
        postgres.settings(host="localhost", tls=True, certificates=str(certificates.authority)), home
    )
    with pytest.raises(DestinationFailed, match="correct the host's name"):
        named_otherwise.send(sync.id, sync.folder, sync.names)
    destination = opened(postgres.settings(tls=True, certificates=str(certificates.authority)), home)
    encrypted = []
    match = Target.match

    def look(self, *given):
        encrypted.append(self._ask("select ssl from pg_stat_ssl where pid = pg_backend_pid()"))
        return match(self, *given)

    monkeypatch.setattr(Target, "match", look)
    destination.send(sync.id, sync.folder, sync.names)
    assert encrypted == [[(True,)]]
    assert waits == []
