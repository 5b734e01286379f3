"""Every fault of every scenario file is named with its line."""

from pathlib import Path

import pytest

from dagster_project.activation.scenarios.caps import check_caps
from dagster_project.activation.scenarios.reading import load_scenarios
from dagster_project.errors import ConfigurationError
from dagster_project.project import seeds
from tests.unit.activation.scenario_file import GOOD, write


def faults(tmp_path: Path, text: str, name: str = "thanks") -> list[str]:
    try:
        load_scenarios(write(tmp_path, text, name))
    except ConfigurationError as error:
        return [str(fault) for fault in sorted(error.faults)]
    return []


def test_the_shipped_scenarios_are_without_fault() -> None:
    assert [scenario.id for scenario in load_scenarios()] == [
        "birthday",
        "cart_abandonment",
        "event_invitation",
        "first_purchase_follow_up",
        "gift_season",
        "lapse_prevention",
        "new_from_brand",
        "product_care",
        "product_story",
        "product_thanks",
        "repeat_reminder",
        "second_purchase_follow_up",
        "store_coupon",
        "trial_follow_up",
        "vip_thanks",
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
        ("delay: {days: 1}", "delay: 1", "thanks.yml:8: `delay` is not a mapping of keys (write it as {days: 3})"),
        ("exits: [purchase]", "exits: purchase", "thanks.yml:5: `exits` is not a list (write it as [purchase])"),
        ("{kind: order, nth: 1}", "order", "thanks.yml:4: `trigger` is not a mapping of keys (write it as {kind:"),
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
        ("cadence: daily", "cadence: daily\ncadence: hourly", "thanks.yml:4: 'cadence' stands twice (keep one)"),
        ("id: thanks", "id: other", "thanks.yml:1: the id `other` is not the file's name"),
        ("when: {gender: [female]}", "when: {any: []}", "thanks.yml:14"),
        ("when: {gender: [female]}", "when: {not_opened: two}", "thanks.yml:14: `two` is no step before this one"),
        ("exits: [purchase]", "exits: [bought_it]", "thanks.yml:5: unknown exit `bought_it`"),
        ("exits: [purchase]", "exits: [{name: consent, when: {gender: male}}]", "thanks.yml:5: `consent` is a reason"),
        ("kind: order, nth: 1", "kind: badge, badge_id: saint", "thanks.yml:4: badge_rules has no badge_id `saint`"),
        ("kind: order, nth: 1", "kind: entered, rf_segment: [idle]", "thanks.yml:4: rf_segments has no segment `idle`"),
        ("kind: order, nth: 1", "kind: calendar, dates: ['05-01']", "thanks.yml:4: a scenario triggered by calendar"),
        ("kind: order, nth: 1", "kind: calendar, dates: ['02-31']", "thanks.yml:4:"),
        ("kind: order, nth: 1", "kind: order, nth: 1, every: true", "thanks.yml:4: `trigger`: give nth or every"),
        (
            "kind: order, nth: 1",
            "kind: act, action: purchase, every: true, after: {scenario: story}",
            "thanks.yml:4: no scenario story",
        ),
        (
            "    content_id: thanks\n  - step: two",
            "    content_id: thanks\n    product: recommendation:magic\n  - step: two",
            "thanks.yml:11: recommendation_kinds has no kind `magic`",
        ),
        (
            "    content_id: thanks\n  - step: two",
            "    content_id: thanks\n    schedule: [{from: 2026-04-01, until: 2026-04-30, content_id: a},"
            " {from: 2026-04-30, until: 2026-05-31, content_id: b}]\n  - step: two",
            "thanks.yml:11: two times of the schedule overlap",
        ),
        (
            "    content_id: thanks\n  - step: two",
            "    content_id: thanks\n    smart: [channel]\n  - step: two",
            "thanks.yml:11: there is one channel only",
        ),
        (
            "cadence: daily",
            "cadence: daily\nsend_window: {start: '09:00', end: '12:00'}\nquiet_hours: {start: '08:00', end: '13:00'}",
            "thanks.yml:5: the quiet hours leave nothing",
        ),
        (
            "cadence: daily",
            "cadence: daily\nquiet_hours: {start: '09:00', end: '20:00'}",  # all of the usual window
            "thanks.yml:4: the quiet hours leave nothing",
        ),
        ("cadence: daily", "cadence: daily\nre_entry: sometimes", "thanks.yml:4: `re_entry`: `sometimes`"),
        (
            "      - channel: email",
            "      - when: {gender: [male]}\n        channel: email",
            "thanks.yml:17: the last variant has a `when`",
        ),
        (
            "cadence: daily",
            "cadence: daily\nre_entry: {after: {days: 9}, of_each: store_id}",
            "thanks.yml:4: a scenario triggered by order knows no store_id (one of: product_id)",
        ),
        (
            "cadence: daily",
            "cadence: daily\nre_entry: {of_each: product_id}",
            "thanks.yml:4: re_entry says of what, and not how often",
        ),
        (
            "cadence: daily",
            "cadence: daily\nre_entry: {after: {days: 9}, of_each: shop}",
            "thanks.yml:4: unknown of_each `shop`",
        ),
        ("cadence: daily", "cadence: daily\nvalid_from: 2026-02-31", "thanks.yml:4: is not valid YAML: `2026-02-31`"),
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
        ("cadence: daily", "cadence: [daily", "thanks.yml:4: is not valid YAML"),
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
    window = load_scenarios(write(tmp_path, GOOD + "send_window: {start: 09:00, end: 20:00}\n"))[0].send_window
    assert window is not None and (window.start, window.end) == (540, 1200)


def test_the_rule_version_follows_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    versions = set()
    for text in (GOOD, GOOD, GOOD + "priority: 5\n"):
        (folder / "thanks.yml").write_text(text)
        versions.add(load_scenarios(folder)[0].rule_version)
    assert len(versions) == 2


def test_a_cap_of_a_group_without_channels_is_named(tmp_path: Path) -> None:
    for name in ("channel_groups", "frequency_caps"):
        text = (seeds() / "rules" / f"{name}.csv").read_text()
        (tmp_path / f"{name}.csv").write_text(text.replace("chat_week,chat,", "chat_week,chats,"))
    [fault] = check_caps(tmp_path)
    assert str(fault).startswith("seeds/rules/frequency_caps.csv:5: channel_groups has no group `chats`")
