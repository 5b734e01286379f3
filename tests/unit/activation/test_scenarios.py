"""Every fault of every scenario file is named with its line."""

from pathlib import Path

import pytest

from dagster_project.activation.scenarios.reading import check_scenarios, load_scenarios
from dagster_project.errors import ConfigurationError

GOOD = """\
id: thanks
description: Thanks.
cadence: daily
trigger: {kind: order, nth: 1}
exits: [purchase]
steps:
  - step: one
    delay: {days: 1}
    channel: email
    content_id: thanks
  - step: two
    delay: {months: 6}
    variants:
      - when: {gender: [female]}
        channel: line
        content_id: thanks_line
      - channel: email
        content_id: thanks
"""


def faults(tmp_path: Path, text: str, name: str = "thanks") -> list[str]:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / f"{name}.yml").write_text(text)
    return [str(fault) for fault in check_scenarios(folder)]


def test_the_shipped_scenarios_are_without_fault() -> None:
    assert [scenario.id for scenario in load_scenarios()] == [
        "birthday",
        "cart_abandonment",
        "first_purchase_follow_up",
        "trial_follow_up",
    ]


def test_a_good_file_has_no_faults(tmp_path: Path) -> None:
    assert faults(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "channel: email\n    content_id",
            "channel: emial\n    content_id",
            "thanks.yml:9: unknown channel `emial`",
        ),
        ("    delay: {days: 1}\n", "", "thanks.yml:7: `delay` is missing"),
        ("delay: {days: 1}", "delay: {}", "thanks.yml:8: `delay`: name hours, days or months"),
        ("delay: {days: 1}", "delay: {days: soon}", "thanks.yml:8: `days`: input should be a valid integer"),
        ("delay: {days: 1}", "delay: {weeks: 1}", "thanks.yml:8: unknown key `weeks`"),
        ("step: two", "step: one", "thanks.yml:11: the step id `one` stands twice"),
        ("kind: order, nth: 1", "kind: full_moon", "thanks.yml:4: unknown kind of trigger `full_moon`"),
        ("{kind: order, nth: 1}", "{nth: 1}", "thanks.yml:4: `kind` of the trigger is missing"),
        ("kind: order, nth: 1", "kind: order, nth: 0", "thanks.yml:4: `nth`"),
        (
            "exits: [purchase]",
            "exits: [cart_emptied]",
            "thanks.yml:5: a scenario triggered by order has no exit",
        ),
        ("cadence: daily", "cadence: weekly", "thanks.yml:3: unknown cadence `weekly`"),
        ("cadence: daily", "cadence: daily\ncadenze: daily", "thanks.yml:4: unknown key `cadenze`"),
        ("cadence: daily", "cadence: daily\ncadence: hourly", "thanks.yml:4: `cadence` stands twice"),
        ("id: thanks", "id: other", "thanks.yml:1: the id `other` is not the file's name"),
        ("when: {gender", "when: {shoe_size", "thanks.yml:14: unknown attribute `shoe_size`"),
        (
            "      - channel: email",
            "      - when: {gender: [male]}\n        channel: email",
            "thanks.yml:17: the last variant has a `when`",
        ),
        ("cadence: daily", "cadence: daily\nholdout: 10", "thanks.yml:4: `holdout`"),
        (
            "cadence: daily",
            "cadence: daily\nsend_window: {start: '20:00', end: '09:00'}",
            "thanks.yml:4: `send_window`",
        ),
        (
            "cadence: daily",
            "cadence: daily\nsend_window: {start: 9am, end: 20:00}",
            "thanks.yml:4: `start`: `9am`",
        ),
        ("cadence: daily", "cadence: [daily", "thanks.yml:4: is not YAML"),
        (
            "cadence: daily",
            "cadence: daily\nvalid_from: 2026-02-01\nvalid_until: 2026-01-01",
            "thanks.yml:5: valid_until is before valid_from",
        ),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in GOOD
    found = faults(tmp_path, GOOD.replace(old, new, 1))
    assert len(found) == 1 and fault in found[0], found


def test_all_faults_of_all_files_are_named_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "a.yml").write_text(
        GOOD.replace("id: thanks", "id: a")
        .replace("channel: line", "channel: fax")
        .replace("delay: {days: 1}", "delay: {days: -1}")
    )
    (folder / "b.yml").write_text("just text")
    with pytest.raises(ConfigurationError) as raised:
        load_scenarios(folder)
    assert [(fault.file.split("/")[-1], fault.line) for fault in raised.value.faults] == [
        ("a.yml", 8),
        ("a.yml", 15),
        ("b.yml", 1),
    ]


def test_an_unquoted_clock_time_is_read_as_it_is_meant(tmp_path: Path) -> None:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "thanks.yml").write_text(GOOD + "send_window: {start: 09:00, end: 20:00}\n")
    window = load_scenarios(folder)[0].send_window
    assert window is not None and (window.start, window.end) == (540, 1200)


def test_the_rule_version_follows_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    versions = set()
    for text in (GOOD, GOOD, GOOD + "priority: 5\n"):
        (folder / "thanks.yml").write_text(text)
        versions.add(load_scenarios(folder)[0].rule_version)
    assert len(versions) == 2
