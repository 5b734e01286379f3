"""seeds/identity/probabilistic.yml: the shipped one is sound, faults have lines, and SQL looks at values alone."""

import pytest

from dagster_project.errors import ConfigurationError
from dagster_project.identity.likely.declaration import FILE, check_declaration, load_declaration
from dagster_project.identity.likely.expressions import checked
from dagster_project.project import ROOT

SHIPPED = (ROOT / FILE).read_text(encoding="utf-8")


def faults_of(tmp_path, text: str) -> list[str]:
    (tmp_path / "identity").mkdir(exist_ok=True)
    (tmp_path / "identity" / "probabilistic.yml").write_text(text, encoding="utf-8")
    return [str(fault) for fault in check_declaration(tmp_path, is_on=True)]


def test_the_shipped_file_has_no_fault():
    assert check_declaration(ROOT / "seeds", is_on=True) == []


@pytest.mark.parametrize(
    ("around", "old", "new", "message"),
    [
        ("thresholds:", "upper: 0.99", "upper: 0.5", "lower is more than upper"),
        ("thresholds:", "upper: 0.99", "upper: 99", "less than 1"),
        ("pairs_per_block:", "pairs_per_block:", "pairs_per_bock:", "is not a word that is known here"),
        ("name: phone, keys", "keys: [phone]", "keys: [telephone]", "telephone is no column"),
        ("name: phone, keys", "keys: [phone]", "keys: [\"pg_read_file(phone)\"]", "pg_read_file is no function here"),
        ("label: same, when: given_l", "when: given_l = given_r,", "when: given_l = given,", "given is no column"),
        ("same, when: given_l", "when: given_l = given_r,", "when: (select 1),", "must be computed from the two"),
        ("label: same, when: given_l", "frequency_of: given}", "frequency_of: name}", "'name' is no column"),
        ("- name: birth_date", "birth_r, m: 0.9,", "birth_r, m: 0.8,", "the m of all levels add up to 0.9, not 1"),
        ("- name: phone", "same, when: phone_l", "close, when: phone_l", "labels must differ"),
        ("- name: phone", "when: phone_l = phone_r, ", "", "every level but the last needs `when`"),
        ("thresholds:", "name: phone, keys", "name: email, keys", "two blocks have one name"),
        ("given_name in ('d", "given_name in ('d", "name in ('d", "name is no column"),
        ("sample: {", "sample: {pairs: 300000,", "sample: {pairs: 300000, pairs: 1,", "'pairs' stands twice"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line(tmp_path, around, old, new, message):
    assert SHIPPED.count(old) == 1
    faults = [fault for fault in faults_of(tmp_path, SHIPPED.replace(old, new)) if message in fault]
    assert faults
    line = int(faults[0].split(":")[1])
    # The line of the value, or of the part that it makes wrong as a whole.
    first, last = (SHIPPED[: SHIPPED.index(text)].count("\n") + 1 for text in (around, old))
    assert first <= line <= last


def test_a_missing_file_is_a_fault_where_the_links_are_on(tmp_path):
    assert check_declaration(tmp_path, is_on=False) == []
    [fault] = check_declaration(tmp_path, is_on=True)
    assert "is missing" in str(fault)
    with pytest.raises(ConfigurationError):
        load_declaration(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["random() > 0.5", "read_text('x')", "given; drop table x", "count(given)", "given as x", "*", "x.given", "$1"],
)
def test_sql_that_looks_beyond_the_values_is_refused(text):
    with pytest.raises(ValueError):
        checked(text, {"given"})


def test_a_comment_does_not_reach_the_database():
    assert checked("given /* or true */ = 'a'", {"given"}) == "given = 'a'"
