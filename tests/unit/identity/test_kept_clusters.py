"""Of those that are decided anew, the clusters that are kept take up who differs, and note whom that concerns."""

import pytest
from models import Crash, Models

MODEL = "int_identity__clusters"
COLUMNS = (
    "identifier_key bigint, anchor_key bigint, blocked_reason varchar, component bigint, near bigint, core_key bigint,"
    " is_record boolean, claims smallint"
)


def cluster(key: int, near: int | None, anchor: int | None = None) -> tuple:
    """A row of the component of all."""
    return (key, anchor or key, None, 1, near, None if near is None else key, None if near is None else True, 0)


# Near each other are 1 to 3, 4 to 6 and 7 to 9; 10 to 12 are near nobody.
BEFORE = [cluster(key, (key - 1) // 3 * 3 + 1 if key < 10 else None) for key in range(1, 13)]


@pytest.fixture
def made() -> Models:
    made = Models()
    made.con.execute(f"create table int_identity__clusters_anew ({COLUMNS})")
    anew(made, BEFORE)
    made.build(MODEL)
    assert made.rows("from run.decided_identifiers") == [(None,)]
    made.con.execute("delete from run.decided_identifiers")
    return made


def anew(made: Models, rows: list[tuple]) -> None:
    made.con.execute("delete from int_identity__clusters_anew")
    made.con.executemany(f"insert into int_identity__clusters_anew values ({', '.join('?' * 8)})", rows)


def touch(made: Models, *keys: int | None) -> None:
    made.con.execute("delete from run.touched_identifiers")
    made.con.execute("insert into run.touched_identifiers select unnest(?::bigint[])", [list(keys)])


def take_up(made: Models) -> set[int | None]:
    """Whom the build notes, of which a first attempt dies."""
    with pytest.raises(Crash):
        made.build(MODEL, crashes=True)
    made.build(MODEL)
    return {key for (key,) in made.rows("from run.decided_identifiers")}


def by_key(rows: list[tuple]) -> list[tuple]:
    return sorted(rows, key=lambda row: row[0])


def held(made: Models) -> list[tuple]:
    return by_key(made.rows(f"from {MODEL}"))


def test_what_comes_out_as_it_was_concerns_nobody(made: Models) -> None:
    anew(made, BEFORE)
    touch(made)
    assert take_up(made) == set()
    assert held(made) == BEFORE


def test_who_is_touched_concerns_those_near_though_all_come_out_as_they_were(made: Models) -> None:
    anew(made, BEFORE)
    touch(made, 2, 10)
    assert take_up(made) == {1, 2, 3, 10}
    assert held(made) == BEFORE


def test_who_moved_concerns_those_he_was_near_and_those_he_is_near(made: Models) -> None:
    rows = [cluster(3, 4) if row[0] == 3 else cluster(12, None, 11) if row[0] == 12 else row for row in BEFORE]
    anew(made, rows)
    touch(made)
    assert take_up(made) == {1, 2, 3, 4, 5, 6, 12}
    assert held(made) == rows


def test_of_one_component_decided_anew_the_others_stay(made: Models) -> None:
    rows = [cluster(7, 7, 8)] + [row for row in BEFORE if row[0] in (8, 9)]
    anew(made, rows)
    touch(made)
    assert take_up(made) == {7, 8, 9}
    assert held(made) == by_key([*(row for row in BEFORE if row[0] < 7 or row[0] > 9), *rows])


def test_who_is_gone_concerns_those_he_was_near(made: Models) -> None:
    rows = [row for row in BEFORE if row[0] in (5, 6, 11)]
    anew(made, rows)
    touch(made, 4, 10, 11)
    assert take_up(made) == {4, 5, 6, 10, 11}
    assert held(made) == [row for row in BEFORE if row[0] not in (4, 10)]


def test_where_everybody_is_touched_all_are_taken_up(made: Models) -> None:
    rows = [cluster(key, None) for key in range(20, 23)]
    anew(made, rows)
    touch(made, 1, None)
    assert take_up(made) == {None}
    assert held(made) == rows
