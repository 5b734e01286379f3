"""Of acts on a shared device the parties are noted of which one is another's by now, and no others."""

import pytest
from models import Crash, Models

BEFORE = """
    create table party_customers (party_key bigint, customer_id varchar, shared_party_key bigint);
    insert into party_customers values (1, null, 1), (2, 'c2', null), (3, 'c3', null), (4, null, 4), (5, 'c5', null);
    create table parties (party_key bigint, visitor_key bigint, member_key bigint);
    insert into parties values (1, 60, null), (2, 60, 20), (3, 60, 30), (4, 70, null), (5, 70, 50);
    create table identity_map (identifier_key bigint, customer_id varchar);
    insert into identity_map values (20, 'c2'), (30, 'c3'), (50, 'c5');
    create table int_core__web_events (source_key varchar, party_key bigint, occurred_at timestamp);
    insert into int_core__web_events
        select 'e' || n, [2, 1, 3, 1, 5, 4][n + 1],
            timestamp '2026-06-01' + n * interval 5 minute from range(6) as r(n);
    create table int_core__social_actions (source_key varchar, party_key bigint, occurred_at timestamp);
    create table int_core__survey_answers (source_key varchar, party_key bigint, occurred_at timestamp);
    insert into run.settings values ('session_gap_minutes', '30')
"""
NEWS = {
    "nothing": ("select 1", []),
    "a member is another": ("update identity_map set customer_id = 'c9' where customer_id = 'c3'", [1]),
    "a device is nobody's": ("update party_customers set shared_party_key = null where party_key = 4", [4]),
    "an act comes": ("insert into int_core__web_events values ('new', 4, timestamp '2026-06-01 00:40:00')", [4]),
    "a login goes": ("delete from int_core__web_events where party_key in (3, 5)", [1, 4]),
    "sessions are shorter": ("update run.settings set value = '4'", [1, 4]),
}
ROWS = "from int_core__shared_device_events"


@pytest.mark.parametrize(("news", "noted"), NEWS.values(), ids=NEWS.keys())
def test_parties_whose_acts_have_become_anothers_are_noted(news: str, noted: list[int]) -> None:
    kept, anew = Models(), Models()
    for made in (kept, anew):
        made.con.execute(BEFORE)
    kept.build("int_core__shared_device_events")
    assert kept.rows("from run.changed_parties") == [(None,)]
    kept.con.execute("delete from run.changed_parties")
    for made in (kept, anew):
        made.con.execute(news)
    with pytest.raises(Crash):
        kept.build("int_core__shared_device_events", crashes=True)
    kept.build("int_core__shared_device_events")
    anew.build("int_core__shared_device_events")
    assert kept.rows(ROWS) == anew.rows(ROWS)
    assert kept.rows("from run.changed_parties") == [(party,) for party in noted]
