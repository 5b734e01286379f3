"""The rule tables of identity: the shipped ones are sound, and each fault is named with its line."""

import csv
import re

import pytest

from dagster_project.identity.rules import check_identity_rules
from dagster_project.project import ROOT

SHIPPED = ROOT / "seeds" / "rules"
TABLES = ("identity_kinds", "identity_blocklist", "identity_overrides")


@pytest.fixture
def rules(tmp_path):
    for table in TABLES:
        (tmp_path / f"{table}.csv").write_text((SHIPPED / f"{table}.csv").read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def append(rules, table, line):
    file = rules / f"{table}.csv"
    file.write_text(file.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    return len(file.read_text(encoding="utf-8").splitlines())


def test_the_shipped_tables_have_no_fault():
    assert check_identity_rules(SHIPPED) == []


@pytest.mark.parametrize(
    ("table", "line", "message"),
    [
        ("identity_kinds", "cookie,7,true,1,,true,,x", "'cookie' is no kind of identifier"),
        ("identity_kinds", "email,9,false,1,,true,5,x", "kind email stands in line 5 already"),
        ("identity_kinds", "email,8,false,2,,true,5,x", "persons_per_value can only be 1"),
        ("identity_kinds", "email,8,false,1,,true,0,x", "records_per_value is no number from 1 on"),
        ("identity_kinds", "visitor_id,8,true,1,,true,5,x", "records_per_value is for kinds that are neither weak"),
        ("identity_blocklist", "email,regex,a,b", "match 'regex' is neither value nor pattern"),
        ("identity_blocklist", "email,pattern,(a,b", "the pattern is no regular expression"),
        ("identity_blocklist", "email,value,,b", "value is empty"),
        ("identity_overrides", "email,a@x.jp,phone,+81312345678,join,me,test", "action 'join' is neither"),
        ("identity_overrides", "email,a@x.jp,phone,+81312345678,never_link,,test", "who is empty"),
        (
            "identity_overrides",
            "email,a@x.jp,email,a@x.jp,never_link,me,test",
            "both sides are the same identifier",
        ),
    ],
)
def test_each_fault_is_named_with_file_and_line(rules, table, line, message):
    number = append(rules, table, line)
    faults = check_identity_rules(rules)
    assert any(fault.line == number and message in fault.message and table in fault.file for fault in faults)
    assert not any("@" in fault.message for fault in faults)


def test_two_overrides_that_contradict_each_other_are_a_fault(rules):
    first = append(rules, "identity_overrides", "email,a@x.jp,member_id,m1,never_link,me,test")
    second = append(rules, "identity_overrides", "member_id,m1,email,a@x.jp,always_link,me,test")
    assert [(fault.line, fault.message) for fault in check_identity_rules(rules)] == [
        (second, f"contradicts line {first}")
    ]


def patterns(kind):
    with (SHIPPED / "identity_blocklist.csv").open(encoding="utf-8", newline="") as handle:
        return [row["value"] for row in csv.DictReader(handle) if row["kind"] == kind]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "test@example.jp"),
        ("email", "noreply@shop.jp"),
        ("email", "no-reply@shop.jp"),
        ("phone", "+810000000000"),
        ("phone", "0000000000"),
        ("phone", "+819000000000"),
        ("member_id", "guest"),
        ("member_id", "0"),
        ("member_id", "GUEST"),
        ("card_no", "0000000000"),
        ("visitor_id", "0"),
        ("visitor_id", "(not set)"),
        ("visitor_id", "undefined"),
        ("line_user_id", "null"),
    ],
)
def test_values_that_are_no_persons_are_on_the_shipped_blocklist(kind, value):
    assert any(re.fullmatch(pattern, value) for pattern in patterns(kind))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "tester@example.jp"),
        ("email", "hanako.test@example.com"),
        ("email", "guestroom@example.jp"),
        ("phone", "+819012345678"),
        ("phone", "+819000000001"),
        ("phone", "+81312345678"),
        ("member_id", "m10"),
        ("member_id", "guest42"),
        ("card_no", "1000"),
        ("visitor_id", "v0"),
        ("visitor_id", "100"),
    ],
)
def test_values_of_persons_are_not(kind, value):
    assert not any(re.fullmatch(pattern, value) for pattern in patterns(kind))
