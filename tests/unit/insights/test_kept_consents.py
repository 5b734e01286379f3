"""Consents that are kept are those of now, and only those are written of which one is another."""

import pytest

from tests.unit.core.models import Crash, Models

CHANNELS = [f"consent_{channel}" for channel in ("email", "line", "sms", "push", "dm")]
BEFORE = f"""
    create table int_insights__consents_now as
        select 'c' || n as customer_id, n as anchor_key, {", ".join(f"n % 2 = 0 as {name}" for name in CHANNELS)}
        from range(6) as r(n)
"""
NEWS = {
    "nothing": ("select 1", []),
    "one refuses a channel": ("update int_insights__consents_now set consent_dm = false where anchor_key = 2", ["c2"]),
    "one opts in": ("update int_insights__consents_now set consent_email = true where anchor_key = 1", ["c1"]),
    "one comes": ("insert into int_insights__consents_now by name select 'c9' as customer_id, 9 as anchor_key,"
        f" {', '.join(f'false as {name}' for name in CHANNELS)}", ["c9"]),
    "one goes": ("delete from int_insights__consents_now where anchor_key = 4", []),
    "one has another anchor": ("update int_insights__consents_now set anchor_key = 11 where anchor_key = 3", ["c3"]),
    "all go": ("delete from int_insights__consents_now", []),
}  # fmt: skip


@pytest.mark.parametrize(("news", "written"), NEWS.values(), ids=NEWS.keys())
def test_what_is_kept_is_what_holds_now(news: str, written: list[str]) -> None:
    made, model = Models(), "int_insights__person_consents"
    made.con.execute(BEFORE)
    made.build(model)
    made.con.execute(news)
    with pytest.raises(Crash):
        made.build(model, crashes=True)
    made.build(model)
    now = made.rows("from int_insights__consents_now")
    assert made.rows(f"select * exclude (_batch) from {model}") == now
    assert made.rows(f"select customer_id from {model} where _batch = 'build 3'") == [(who,) for who in written]
