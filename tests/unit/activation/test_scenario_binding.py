"""What a scenario asks of marts that do not have it is named with its line, before any mart is made."""

from pathlib import Path

import pytest

from dagster_project.activation.scenarios.binding import bind
from dagster_project.activation.scenarios.reading import load_scenarios
from dagster_project.errors import ConfigurationError
from dagster_project.publish.empty_marts import empty_marts
from tests.unit.activation.scenario_file import GOOD, write

OF_A_ROW = "kind: row, mart: badges, at: earned_at, key: [badge_id]"


def bound(tmp_path: Path, text: str) -> list[str]:
    """The faults of a scenario beside empty marts."""
    with empty_marts() as con:
        try:
            bind(con, load_scenarios(write(tmp_path, text)))
        except ConfigurationError as error:
            return [str(fault) for fault in error.faults]
    return []


def test_what_no_mart_has_is_named(tmp_path: Path) -> None:
    text = GOOD.replace("when: {gender: [female]}", "when: {shoe_size: [240]}")
    found = bound(tmp_path, text.replace("kind: order, nth: 1", OF_A_ROW.replace("earned_at", "got_at")))
    [column, attribute] = [fault.partition("thanks.yml:")[2] for fault in sorted(found)]
    assert column == "4: trigger: badges has no column got_at (one of: badge_id, customer_id, earned_at, evidence)"
    assert attribute.startswith("14: unknown attribute `shoe_size`")


@pytest.mark.parametrize(
    ("trigger", "fault"),
    [
        (
            "mart: badge, at: earned_at, key: [badge_id]",
            "there is no mart badge with a customer_id (did you mean `badges`?)",
        ),
        ("mart: badges, at: earned_at, key: [badg_id]", "badges has no column badg_id (did you mean `badge_id`?)"),
        (
            "mart: badges, at: badge_id, key: [badge_id]",
            "badge_id of badges is neither a day nor a time (one of: earned_at)",
        ),
    ],
)
def test_a_row_that_no_mart_has_is_named_with_its_line_and_what_there_is(
    tmp_path: Path, trigger: str, fault: str
) -> None:
    found = bound(tmp_path, GOOD.replace("kind: order, nth: 1", "kind: row, " + trigger))
    assert found == [f"seeds/scenarios/thanks.yml:4: trigger: {fault}"]


@pytest.mark.parametrize(
    ("trigger", "condition", "fault"),
    [
        ("kind: order, nth: 1", "{acts: {product_id: trigger}}", None),
        ("kind: order, nth: 1", "{acts: {store_id: trigger}}", "by order knows no store_id (one of: product_id)"),
        ("kind: birthday", "{not: {acts: {brand_id: trigger}}}", "by birthday knows no brand_id (name its ids)"),
        ("kind: badge, badge_id: vision_reader", "{acts: {product_id: trigger}}", "by badge knows no product_id"),
        (
            "kind: row, mart: brand_journeys, at: since, key: [brand_id]",
            "{acts: {product_id: trigger}}",
            "by row knows no product_id (one of: brand_id)",
        ),
        (
            "kind: order, nth: 1",
            "{acts: {since: previous_step}}",
            "there is no previous_step to count from here (one of: trigger",
        ),
    ],
)
def test_what_the_trigger_does_not_know_is_named(
    tmp_path: Path, trigger: str, condition: str, fault: str | None
) -> None:
    text = GOOD.replace("kind: order, nth: 1", trigger)
    text = text.replace(
        "    content_id: thanks\n",
        "    content_id: thanks\n    skip:\n      - name: done\n        when: " + condition + "\n",
        1,
    )
    found = bound(tmp_path, text)
    assert [one.partition("thanks.yml:")[2][:2] for one in found] == (["13"] if fault else [])
    assert all(fault in one for one in found if fault)


def test_re_entry_of_each_row_needs_that_column_of_its_mart(tmp_path: Path) -> None:
    text = GOOD.replace("kind: order, nth: 1", OF_A_ROW) + "re_entry: {once: true, of_each: store_id}\n"
    [fault] = bound(tmp_path, text)
    assert "badges has no column store_id" in fault
