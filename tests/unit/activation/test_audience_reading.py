"""What a condition may say, and how its faults are named: file, line, what is wrong, what to do."""

from datetime import datetime
from pathlib import Path

import pytest
from audience_shop import AudienceShop
from pydantic import BaseModel, ValidationError

from dagster_project.activation.audiences.binding import check
from dagster_project.activation.audiences.library import Library, library_of, read_library
from dagster_project.activation.audiences.parts import Condition
from dagster_project.activation.audiences.reading import condition_at
from dagster_project.activation.audiences.schema import Schema
from dagster_project.errors import ConfigurationError
from dagster_project.yaml_lines import read_yaml

READY = """
- name: bought
  group: g
  meaning: Bought it.
  takes: [product_id]
  may_take: [within]
  defaults: {times: 1}
  condition: {acts: {action: purchase, product_id: $product_id, within: $within, count: {at_least: $times}}}
  example: {bought: P1}
- {name: is_member, group: g, meaning: Is one., condition: {member_ids: {is_known: true}}, example: is_member}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of seeds with two ready conditions."""
    (tmp_path / "seeds" / "audiences").mkdir(parents=True)
    (tmp_path / "seeds" / "conditions.yml").write_text(READY)
    return tmp_path / "seeds"


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema.of(AudienceShop.empty().con, datetime(2026, 3, 31, 15))


def read(text: str, library: Library, tmp_path: Path) -> Condition:
    file = tmp_path / "audience.yml"
    file.write_text(text)
    data, lines, faults = read_yaml(file, "audience.yml")
    assert not faults
    return condition_at(data, "audience.yml", lines, library=library)


def told(error: pytest.ExceptionInfo[ConfigurationError]) -> list[tuple[int, str, str]]:
    return [(fault.line, fault.message, fault.remedy) for fault in error.value.faults]


# (condition, part of the message, part of the remedy)
UNREADABLE = [
    ("{any: []}", "the list of conditions is empty", "name at least one"),
    ("{}", "asks nothing", "name an attribute"),
    ("{gender: []}", "so nobody is meant", "name at least one value"),
    ("{gender: {one_of: []}}", "so nobody is meant", "name at least one value"),
    ("{gender:}", "no value is given", "is_known: false"),
    ("{gender: {equals: female}}", "unknown comparison `equals`", "one of: above"),
    ("{gender: {starts_wit: f}}", "unknown comparison `starts_wit`", "did you mean `starts_with`?"),
    ("{orders: {between: [3, 1]}}", "nothing is between 3 and 1", "smaller one first"),
    ("{orders: {between: 3}}", "between takes two values", "[10, 20]"),
    ("{orders: .inf}", "no number to compare with", ""),
    ("{acts: purchase}", "`acts` takes a mapping", "{action: purchase"),
    ("{acts: {action: purchase, within: 90}}", "`90` is not a length of time", "{days: 30}"),
    ("{acts: {action: purchase, within: {days: 0}}}", "`0` days is not a length", "from 1 on"),
    ("{acts: {action: purchase, within: {weeks: 1}}}", "unknown unit `weeks`", "one of: days, hours, months"),
    ("{acts: {within: {days: 30}, before: {months: 2}}}", "no time is both within", "within must be the longer"),
    ("{acts: {from: 2026-02-01, until: 2026-01-31}}", "until 2026-01-31 is before from 2026-02-01", ""),
    ("{acts: {since: triger}}", "unknown moment `triger`", "one of: trigger, previous_step"),
    ("{acts: {since: trigger, before: {days: 1}}}", "counts back from now", "keep one"),
    ("{acts: {count: 1, days: 2}}", "both count and days are asked", "keep one"),
    ("{last: {action: purchase, count: 2}}", "there is no count of it", "ask `acts`"),
    ("{first: {product_id: trigger}}", "first knows nothing of the trigger", "ask `acts`"),
    ("{rows: {where: {kind: repeat}}}", "rows names no mart", "add mart"),
    ("{rows: {mart: badges, wher: {}}}", "unknown key `wher` of rows", "where"),
    ("{external: {is: dry}}", "names no attribute", "add name"),
    ("{segment: loyal}", "there is no audience `loyal`", ""),
    ("is_membr", "unknown condition `is_membr`", "did you mean `is_member`?"),
    ("{bought: {}}", "`bought` lacks its parameter `product_id`", "add it"),
    ("{bought: {product_id: P1, time: 2}}", "`bought` has no parameter `time`", "did you mean `times`?"),
    ("{is_member: 3}", "`is_member` takes no parameter", "is_member: true"),
    ("{bought: {product_id: P1, times: {at_most: x}}}", "is no single value", ""),
    ("3", "`3` is not a condition", "a mapping"),
    ("[{gender: male}, {not: {gender: male}}]", "a condition and for its opposite", "keep one"),
    ("[{gender: male}, {gender: [female, other]}]", "no value of gender passes", "correct or remove"),
    ("{all: [{orders: {above: 3}}, {all: [{orders: {at_most: 3}}]}]}", "no value of orders passes", ""),
    ("{orders: {at_least: 5, below: 5}}", "no value of orders passes", ""),
    ("{orders: {is: 5, is_not: 5}}", "no value of orders passes", ""),
    ("[{first_order_at: {is_known: false}}, {first_order_at: {within: {days: 3}}}]", "no value of first_order_at", ""),
]


@pytest.mark.parametrize(("text", "message", "remedy"), UNREADABLE)
def test_a_fault_is_named_with_its_line_and_remedy(
    text: str, message: str, remedy: str, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as error:
        read(f"# a comment\n{text}\n", read_library(folder), tmp_path)
    assert len(told(error)) == 1
    line, said, what_to_do = told(error)[0]
    assert line == 2
    assert message in said
    assert remedy in what_to_do


def test_all_faults_are_named_at_once(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        read("any:\n  - gender: []\n  - acts:\n      within: {days: -1}\n  - orders: {abov: 1}\n",
             read_library(folder), tmp_path)  # fmt: skip
    assert [line for line, _, _ in told(error)] == [2, 4, 5]


# (condition, part of the message, part of the remedy)
UNBOUND = [
    ("{gendr: male}", "unknown attribute `gendr`", "did you mean `gender`?"),
    ("{customer_id: c1}", "unknown attribute `customer_id`", ""),
    ("{net_sales: {at_least: many}}", "a number cannot be compared with `many`, which is text", ""),
    ("{net_sales: {at_least: 2026-01-01}}", "a number cannot be compared with `2026-01-01`", ""),
    ("{gender: {above: a}}", "text cannot be compared by `above`", "one of: is"),
    ("{gender: 1}", "text cannot be compared with `1`, which is a number", "write '1' in quotes"),
    ("{consent_email: 1}", "true or false cannot be compared with `1`", ""),
    ("{first_order_at: '2026-01-01'}", "a time cannot be compared with `2026-01-01`, which is text", "without quotes"),
    ("{next_purchase_on: {within: {hours: 3}}}", "a day has no hours", "days or months"),
    ("{member_ids: {above: 3}}", "a list of texts cannot be compared by `above`", ""),
    ("{rf_segment: loyal_activ}", "rf_segment is never `loyal_activ`", "did you mean `loyal_active`?"),
    ("{acts: {actoin: purchase}}", "unknown column of touchpoints `actoin`", "did you mean `action`?"),
    ("{acts: {action: purchse}}", "action is never `purchse`", "did you mean `purchase`?"),
    ("{acts: {count: many}}", "a number cannot be compared with `many`", ""),
    ("{acts: {count: -1}}", "count is never less than 0", ""),
    ("{first: {was: {colour: red}}}", "unknown column of touchpoints `colour`", ""),
    ("{rows: {mart: badge}}", "there is no mart `badge`", "did you mean `badges`?"),
    ("{rows: {mart: badges, where: {badge_id: store_regulr}}}", "badge_id is never `store_regulr`", "store_regular"),
    ("{rows: {mart: badges, sum: {earned_at: 3}}}", "earned_at is a TIMESTAMP: a sum is of numbers", ""),
    ("{rows: {mart: tags, where: {tag: 'active_shar:web'}}}", "tag is never `active_shar:web`", "active_share:"),
    ("{external: {name: told, above: much}}", "texts cannot be compared by `above`", "a number or a day"),
    ("{external: {name: told, one_of: [1, x]}}", "its values are of several kinds", "in quotes"),
]


@pytest.mark.parametrize(("text", "message", "remedy"), UNBOUND)
def test_what_the_marts_do_not_hold_is_named(
    text: str, message: str, remedy: str, folder: Path, tmp_path: Path, schema: Schema
) -> None:
    faults = check(read(f"# a comment\n{text}\n", read_library(folder), tmp_path), schema)
    assert len(faults) == 1
    assert faults[0].line == 2
    assert message in faults[0].message
    assert remedy in faults[0].remedy


def test_a_moment_is_known_in_scenarios_alone(folder: Path, tmp_path: Path, schema: Schema) -> None:
    condition = read("{acts: {action: purchase, since: trigger}}", read_library(folder), tmp_path)
    assert condition.moments == {"trigger"}
    assert check(condition, schema) == []
    assert [fault.message for fault in check(condition, schema, moments=())] == [
        "there is no trigger to count from here"
    ]


def test_tags_of_a_channel_are_known_by_their_beginning(folder: Path, tmp_path: Path, schema: Schema) -> None:
    assert (
        check(read("{rows: {mart: tags, where: {tag: 'active_share:web'}}}", read_library(folder), tmp_path), schema)
        == []
    )


def audience(folder: Path, name: str, text: str, **more: str) -> None:
    declared = {"id": name, "description": "Some.", **more, "audience": text}
    (folder / "audiences" / f"{name}.yml").write_text("".join(f"{key}: {value}\n" for key, value in declared.items()))


def test_named_audiences_stand_for_their_conditions(folder: Path, tmp_path: Path) -> None:
    audience(folder, "ours", "[is_member, {segment: buyers}]")
    audience(folder, "buyers", "{orders: {at_least: 1}}")
    library = read_library(folder)
    assert [one.id for one in library.named()] == ["buyers", "ours"]
    named = read("{segment: ours}", library, tmp_path)
    columns = [part.asked.column for part in named.walk() if hasattr(part, "asked")]
    assert columns == ["member_ids", "orders"]


def test_audiences_that_refer_to_each_other_in_a_circle_are_named(folder: Path) -> None:
    audience(folder, "one", "{segment: two}")
    audience(folder, "two", "[{gender: male}, {not: {segment: one}}]")
    with pytest.raises(ConfigurationError) as error:
        read_library(folder)
    circles = {(fault.file, fault.line, fault.message.split(": ")[1]) for fault in error.value.faults}
    assert ("seeds/audiences/two.yml", 3, "one -> two -> one") in circles
    assert ("seeds/audiences/one.yml", 3, "two -> one -> two") in circles


@pytest.mark.parametrize(
    ("name", "text", "more", "line", "message"),
    [
        ("ours", "{segment: nowhere}", {}, 3, "there is no audience `nowhere`"),
        ("ours", "{acts: {since: trigger}}", {}, 3, "a named audience knows no moment of a scenario"),
        ("ours", "is_member", {"id": "theirs"}, 1, "the id `theirs` is not the file's name"),
        ("ours", "is_member", {"labl": "x"}, 3, "unknown key `labl`"),
    ],
)
def test_faults_of_a_named_audience(
    name: str, text: str, more: dict[str, str], line: int, message: str, folder: Path
) -> None:
    audience(folder, name, text, **more)
    [fault] = library_of(folder).faults or _faults(folder)
    assert (fault.file, fault.line) == (f"seeds/audiences/{name}.yml", line)
    assert message in fault.message


def _faults(folder: Path) -> list:
    with pytest.raises(ConfigurationError) as error:
        read_library(folder)
    return error.value.faults


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{name: x, group: g, meaning: m, condition: {orders: $n}, example: x}", "`$n` is no parameter"),
        ("{name: x, group: g, meaning: m, takes: [n], condition: {orders: 1}, example: {x: 1}}", "`n` is not used"),
        ("{name: x, group: g, meaning: m, condition: {orders: 1}, example: {orders: 1}}", "example does not use `x`"),
        ("{name: x, group: g, meaning: m, condition: {any: []}, example: x}", "the list of conditions is empty"),
        ("{name: x, group: g, meaning: m, condition: x, example: x}", "the ready condition `x` stands for itself"),
        ("{name: is_member, group: g, meaning: m, condition: {orders: 1}, example: is_member}", "stands twice"),
        ("{name: all, group: g, meaning: m, condition: {orders: 1}, example: all}", "a word of the language"),
        ("{name: X y, group: g, meaning: m, condition: {orders: 1}, example: 'X y'}", "`X y` is no name"),
        ("{name: x, group: g, condition: {orders: 1}, example: x}", "`meaning` is missing"),
    ],
)
def test_faults_of_a_ready_condition(entry: str, message: str, folder: Path) -> None:
    (folder / "conditions.yml").write_text(f"{READY}- {entry}\n")
    faults = _faults(folder)
    assert {(fault.file, fault.line) for fault in faults} == {("seeds/conditions.yml", 11)}
    assert message in faults[0].message


def test_parameters_that_are_left_out_take_their_key_along(folder: Path, tmp_path: Path) -> None:
    library = read_library(folder)
    short, long = (
        read(text, library, tmp_path)
        for text in ("{bought: [P1, P2]}", "{acts: {action: purchase, product_id: [P1, P2], count: {at_least: 1}}}")
    )
    assert next(part for part in short.walk() if part != short.part) == long.part
    assert read("{is_member: false}", library, tmp_path) == read("{not: is_member}", library, tmp_path)


def test_a_condition_is_a_field_of_a_model() -> None:
    class Scenario(BaseModel):
        audience: Condition | None = None

    read = Scenario.model_validate({"audience": {"gender": "female"}}).audience
    assert read is not None
    assert Scenario(audience=read).audience == read
    with pytest.raises(ValidationError, match="nobody is meant"):
        Scenario.model_validate({"audience": {"gender": []}})
