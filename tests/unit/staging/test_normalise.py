"""Raw values read as people mean them: the formats of Japanese systems, one row each."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.staging.normalise import READERS, library_phone
from tests.unit.staging.raw_values import READABLE, UNREADABLE


def cases(table):
    return [
        pytest.param(kind, *(case if isinstance(case, tuple) else (case,)), id=f"{kind}:{case!a}")
        for kind, rows in table.items()
        for case in rows
    ]


@pytest.mark.parametrize(("kind", "raw", "expected"), cases(READABLE))
def test_a_readable_value_reads_as_meant(kind, raw, expected):
    assert READERS[kind](raw) == (expected, None)


@pytest.mark.parametrize(("kind", "raw"), cases(UNREADABLE))
def test_an_unreadable_value_has_a_problem_that_does_not_repeat_it(kind, raw):
    value, problem = READERS[kind](raw)
    assert value is None
    assert problem and (len(raw) < 4 or raw not in problem)


@pytest.mark.parametrize("kind", READERS)
@given(raw=st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_no_text_raises_and_none_has_both_value_and_problem(kind, raw):
    value, problem = READERS[kind](raw)
    assert value is None or (problem is None and value != "")


LIKELY = st.text(alphabet="0123456789-/:. T年月日時分秒令和平成RHSZ+¥,円eJ午前後(火)０１ー−", max_size=24)


@pytest.mark.parametrize("kind", ["date", "timestamp", "integer", "money", "phone", "boolean"])
@given(raw=LIKELY)
@settings(max_examples=150, deadline=None)
def test_no_text_of_likely_characters_raises(kind, raw):
    value, problem = READERS[kind](raw)
    assert value is None or problem is None


STABLE = [kind for kind in READERS if kind != "timestamp"]  # a naive time is Tokyo's, its UTC form is not


@pytest.mark.parametrize("kind", STABLE)
@given(raw=st.one_of(st.text(max_size=30), LIKELY))
@settings(max_examples=100, deadline=None)
def test_what_was_read_reads_as_itself(kind, raw):
    value, _ = READERS[kind](raw)
    if value is not None:
        assert READERS[kind](value) == (value, None)


@given(st.from_regex(r"0[789]0-?[0-9]{4}-?[0-9]{4}", fullmatch=True).filter(str.isascii))
@settings(max_examples=200, deadline=None)
def test_the_fast_path_of_mobile_numbers_says_what_the_library_says(number):
    assert READERS["phone"](number) == library_phone(number)
