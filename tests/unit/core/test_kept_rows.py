"""Reviews and visits that are kept are those that would be made of all that is staged by now, also where an erasure has
corrected a row in its place."""

import pytest
from models import Crash, Models

STAGED = {
    "reviews": """
        create table stg_reviews (review_id varchar, member_id varchar, product_id varchar, posted_at timestamp,
            rating integer);
        insert into stg_reviews
            select 'r' || n, 'm' || n, 'p1', timestamp '2026-05-01' + n * interval 1 hour, n from range(4) as r(n)
    """,
    "store_visits": """
        create table stg_store_visits (visit_id varchar, member_id varchar, card_no varchar, store_id varchar,
            kind varchar, visited_at timestamp, reserved_for timestamp);
        insert into stg_store_visits
            select 'v' || n, case when n % 2 = 0 then 'm' || n end, 'k' || n, 's1', 'check_in',
                timestamp '2026-05-01' + n * interval 1 hour, null from range(4) as r(n)
    """,
}
NEWS = {
    "nothing": ("select 1", 0),
    "one goes": ("delete from stg_{} where member_id = 'm0'", 0),
    "an erasure": ("update stg_{} set member_id = null where member_id = 'm2'", 1),
    "a later version": ("update stg_{} set {} = timestamp '2026-05-02' where member_id = 'm2'", 1),
    "all go": ("delete from stg_{}", 0),
}


@pytest.mark.parametrize(
    ("name", "key", "time"), [("reviews", "review_id", "posted_at"), ("store_visits", "visit_id", "visited_at")]
)
@pytest.mark.parametrize(("news", "made_anew"), NEWS.values(), ids=NEWS.keys())
def test_what_is_kept_is_what_is_staged_now(name: str, key: str, time: str, news: str, made_anew: int) -> None:
    model, (kept, anew) = f"int_core__{name}", (Models(), Models())
    for made in (kept, anew):
        made.con.execute("insert into run.context (salt) values ('pepper')")
        made.con.execute(STAGED[name])
    kept.build(model)
    kept.con.execute(f"alter table {model} add column is_kept boolean default true")
    kept.con.execute(f"alter table {model} alter column is_kept set default false")
    for made in (kept, anew):
        made.con.execute(news.format(name, time))
    with pytest.raises(Crash):
        kept.build(model, crashes=True)
    kept.build(model)
    anew.build(model)
    assert kept.rows(f"select * exclude (is_kept) from {model}") == anew.rows(f"from {model}")
    assert kept.rows(f"select count(*) from {model} where not is_kept") == [(made_anew,)]
    staged = f"select {key} from stg_{name}"
    assert kept.rows(f"select source_key from {model}") == kept.rows(staged)
