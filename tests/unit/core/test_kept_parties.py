"""Parties that are kept are those of a table built whole, though only files that are new are read."""

import pytest
from models import Crash, Models

FACTS = {
    "web_events": ("member_key", "email_key", "visitor_key"),
    "message_events": ("member_key", "line_key", "email_key", "phone_key"),
    "social_actions": ("member_key", "line_key", "visitor_key"),
    "survey_answers": ("member_key", "visitor_key"),
    "store_visits": ("member_key", "card_key"),
    "reviews": ("member_key",),
    "orders": ("member_key", "card_key", "email_key", "phone_key"),
}
FILES = "insert into int_core__{} (party_key, {}, _state) values ({}, {}, '{}')"
NEWS = {
    "nothing": "select 1",
    "a file comes": FILES.format("web_events", "member_key", 100, 100, "new"),
    "one of another fact comes": FILES.format("survey_answers", "visitor_key", 101, 101, "new"),
    "a file without a party": FILES.format("web_events", "visitor_key", "null", "null", "new"),
    "a file is loaded again": "update int_core__message_events set party_key = 102, phone_key = 102, _state = 'again'",
    "an order comes": "insert into int_core__orders (party_key, card_key, order_id) values (103, 103, 'o2');"
    " insert into run.touched_orders values ('o2')",
    "of a known party": FILES.format("web_events", "member_key", 0, 0, "new"),
    "an erasure": "update int_core__web_events set party_key = 104, visitor_key = 104, member_key = null"
    " where member_key = 0; delete from parties where member_key = 0;"
    " delete from run.files_held where holder = 'parties'",
}


def warehouse() -> Models:
    made = Models()
    for number, (fact, keys) in enumerate(FACTS.items()):
        columns = ", ".join(["party_key bigint", *(f"{key} bigint" for key in keys), "_state varchar"])
        made.con.execute(f"create table int_core__{fact} ({columns}, order_id varchar default 'o1')")
        made.con.execute(FILES.format(fact, keys[0], number, number, f"file {number}"))
    return made


def build(made: Models, crashes: bool = False) -> None:
    """Parties, after facts have noted the files that they hold."""
    held = " union ".join(f"select distinct '{fact}', _state from int_core__{fact}" for fact in FACTS)
    made.con.execute("delete from run.files_held where holder = 'facts'")
    made.con.execute(f"insert into run.files_held (holder, source, state) select 'facts', * from ({held})")
    made.build("parties", crashes=crashes)


@pytest.mark.parametrize("news", NEWS.values(), ids=NEWS.keys())
def test_parties_of_a_day_after_a_day_are_those_of_all_facts(news: str) -> None:
    kept, anew = warehouse(), warehouse()
    build(kept)
    kept.con.execute(news)
    anew.con.execute(news.split("; delete")[0])
    with pytest.raises(Crash):
        build(kept, crashes=True)
    build(kept)
    build(anew)
    # Of facts that went their parties stay: they are nobody's, and no act is theirs.
    rows = "select * exclude (_batch) from parties"
    found = kept.rows(f"{rows} where party_key in (select party_key from int_core__web_events)")
    assert found == anew.rows(f"{rows} where party_key in (select party_key from int_core__web_events)")
    assert not set(anew.rows(rows)) - set(kept.rows(rows))
    new = kept.rows("select party_key from parties where _batch <> 'build 1'")
    assert kept.rows("select party_key from run.changed_parties where party_key is not null") == new
    assert kept.rows("select count(*) - count(distinct party_key) from parties") == [(0,)]


def test_a_file_that_was_read_is_not_read_again() -> None:
    made = warehouse()
    build(made)
    # Never so in earnest: the rows of a file change with its state.
    made.con.execute(FILES.format("web_events", "member_key", 100, 100, "file 0"))
    build(made)
    assert made.rows("select * from parties where party_key = 100") == []
