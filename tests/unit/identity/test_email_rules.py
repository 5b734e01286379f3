"""Which e-mail addresses are one identifier, and which are nobody's: in SQL as in Python."""

import csv

import duckdb
import pytest

from dagster_project.identity.hashing import identifier_hash, linked_value
from dagster_project.project import ROOT
from tests.unit.identity.macros import macros_of

GMAIL = [
    ("a.b+shop@gmail.com", "ab@gmail.com"),
    ("ab@googlemail.com", "ab@gmail.com"),
    ("a..b.@gmail.com", "ab@gmail.com"),
    ("ab@gmail.com", "ab@gmail.com"),
    ("+x@gmail.com", "+x@gmail.com"),
    ("...@gmail.com", "...@gmail.com"),
    ("a.b+shop@notgmail.com", "a.b+shop@notgmail.com"),
    ("a.b+shop@gmail.com.example.jp", "a.b+shop@gmail.com.example.jp"),
    ("a.b+shop@docomo.ne.jp", "a.b+shop@docomo.ne.jp"),
    ("a.b@sub.gmail.com", "a.b@sub.gmail.com"),
]


@pytest.fixture
def con():
    with duckdb.connect() as connection:
        connection.execute("create schema run")
        yield connection


def write_context(con, salt="s", gmail_aliases=False):
    con.execute("create or replace table run.context as select ? as salt, ? as gmail_aliases", [salt, gmail_aliases])


def hashes_in_sql(con, salt, gmail_aliases, emails):
    """The hashes of `emails` by both macros."""
    write_context(con, salt, gmail_aliases)
    macros = macros_of("portable/identifiers.sql")
    columns = f"{macros['identifier_hash']('email', 'email')}, {macros['identifier_hash_of']('kind', 'email')}"
    return con.execute(
        f"select {columns} from (select unnest(cast(? as varchar[])) as email, 'email' as kind)", [emails]
    ).fetchall()


@pytest.mark.parametrize("switch", ["0", "1"])
def test_sql_and_python_hash_an_address_alike(con, monkeypatch, switch):
    monkeypatch.setenv("KIZUNA_GMAIL_ALIASES", switch)
    emails = [written for written, _ in GMAIL]
    expected = [(identifier_hash("s", "email", email),) * 2 for email in emails]
    assert hashes_in_sql(con, "s", switch == "1", emails) == expected


def test_a_source_that_never_gives_an_address_has_no_hash_of_one(con):
    """DuckDB plans a column that is null throughout by rules of its own."""
    write_context(con)
    con.execute("create table orders as select cast(null as varchar) as email, 1 as file")
    sql = macros_of("portable/identifiers.sql")["identifier_hash"]("email", "grouped.email")
    grouped = "(select email from orders where file = 1 group by email)"
    assert con.execute(f"select {sql} from {grouped} as grouped").fetchall() == [(None,)]


@pytest.mark.parametrize(("written", "linked"), GMAIL)
def test_gmail_ignores_dots_and_tags_and_so_does_the_identifier_where_the_setting_is_on(monkeypatch, written, linked):
    monkeypatch.setenv("KIZUNA_GMAIL_ALIASES", "1")
    assert linked_value("email", written) == linked_value("email", linked) == linked
    assert linked_value("line_user_id", written) == written
    monkeypatch.setenv("KIZUNA_GMAIL_ALIASES", "0")
    assert linked_value("email", written) == written


def rows_of(table):
    with (ROOT / "seeds" / "rules" / f"{table}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def listed(con, emails, rows):
    """Those of `emails` that the shipped blocklist or `rows` of email_rules name."""
    write_context(con)
    macros = macros_of("portable/text.sql", "portable/identifiers.sql", "identity/blocklist.sql")
    parts = {part: [row["value"] for row in rows if row["part"] == part] for part in ("local", "domain")}
    condition = macros["listed_in"](rows_of("identity_blocklist"), parts, "'email'", "email")
    found = con.execute(
        f"select email from (select unnest(cast(? as varchar[])) as email) where {condition}", [emails]
    ).fetchall()
    return [email for (email,) in found]


ROLES = ["info@tanaka.example.jp", "info+ec@tanaka.example.jp", "otoiawase@shop.example.jp", "webmaster@example.jp"]
THROWN_AWAY = ["x@mailinator.com", "y@eu.mailinator.com", "taro@sute.jp", "info@mailinator.com"]
BLOCKED = ["test@example.jp", "no-reply@example.jp"]
PERSONAL = [
    "taro.info@example.jp",
    "information@example.jp",
    "x@notmailinator.com",
    "x@mailinator.com.example.jp",
    "a@gmail.com",
]


def test_role_and_throw_away_addresses_are_nobodys_but_a_role_gets_its_mail(con):
    rules = rows_of("email_rules")
    everything = [*ROLES, *THROWN_AWAY, *BLOCKED, *PERSONAL]
    assert listed(con, everything, rules) == [*ROLES, *THROWN_AWAY, *BLOCKED]
    never_sent_to = [row for row in rules if row["may_receive"] == "false"]
    assert listed(con, everything, never_sent_to) == [*THROWN_AWAY, *BLOCKED]


def test_without_rows_no_address_is_listed_but_by_the_blocklist(con):
    assert listed(con, [*ROLES, *BLOCKED], []) == BLOCKED
