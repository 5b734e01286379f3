"""What members say of channels is kept from run to run, and is what it would be if it were made anew."""

import pytest

from tests.unit.core.models import Crash, Models

CHANNELS = ("email", "line", "sms", "push", "dm")
# The newest version of each member's row is staged; the others lie in their files all the same.
STAGED = f"""
    create table landed (member_id varchar, version integer, {", ".join(f"{name}_opt_in boolean" for name in CHANNELS)},
        _file_no integer, _line_no bigint);
    create view stg_members as select * exclude (version) from landed
        where version = (select max(version) from landed as newer where newer.member_id = landed.member_id);
    insert into run.context values (date '2026-05-01', timestamp '2026-05-01 15:00:00', 'pepper', false)
"""
LAND = "insert into landed values ('{}', {}, {}, null, true, null, null, {}, {})"
FIRST = [LAND.format("m1", 1, True, 1, 1), LAND.format("m2", 1, True, 1, 2), LAND.format("m3", 1, False, 1, 3)]
NEWS = {
    "nothing": "select 1",
    "a member comes": LAND.format("m4", 1, True, 2, 1),
    "one says otherwise": LAND.format("m1", 2, False, 2, 1),
    "two versions of one come": LAND.format("m1", 2, False, 2, 1) + "; " + LAND.format("m1", 3, True, 2, 2),
    "a member is erased": "delete from landed where member_id = 'm2'",
    "a file is withdrawn": "delete from landed where _file_no = 1",
}


def warehouse() -> Models:
    made = Models()
    made.con.execute(STAGED)
    for row in FIRST:
        made.con.execute(row)
    return made


@pytest.mark.parametrize("news", NEWS.values(), ids=NEWS.keys())
def test_what_is_kept_is_what_all_members_say_now(news: str) -> None:
    kept, anew = warehouse(), warehouse()
    kept.build("int_core__opt_ins")
    for made in (kept, anew):
        made.con.execute(news)
    with pytest.raises(Crash):
        kept.build("int_core__opt_ins", crashes=True)
    kept.build("int_core__opt_ins")
    anew.build("int_core__opt_ins")
    assert kept.rows("from int_core__opt_ins") == anew.rows("from int_core__opt_ins")


def test_only_what_has_changed_is_read() -> None:
    made = warehouse()
    made.build("int_core__opt_ins")
    # Never so in earnest: a file that is landed stays what it is.
    made.con.execute("update landed set email_opt_in = null where member_id = 'm3'")
    made.build("int_core__opt_ins")
    assert made.rows("select count(*) from int_core__opt_ins where email_says is null") == [(0,)]
