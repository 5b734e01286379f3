"""Who is held out, merged, split, unreachable or to be forgotten, in the middle of a scenario."""

from activation_shop import Shop, tokyo
from scenario_steps import merged, opened, scenario, sent, step, triggers

from dagster_project.activation.scenarios.reading import load_scenarios

EVERY = {"kind": "order", "every": True}
TWO = (step("one", channel="web"), step("two", {"days": 1}, channel="web"))


def held(shop: Shop, step_name: str) -> set[str]:
    rows = "select customer_id from activation.all_scenario_targets where holdout and step = ?"
    return {name for (name,) in shop.con.execute(rows, [step_name]).fetchall()}


def crowd(shop: Shop, count: int) -> list[str]:
    names = [f"c{number:03d}" for number in range(count)]
    for name in names:
        shop.customer(name)
        shop.order(name, "2026-01-05 10:00")
    return names


def test_who_was_held_out_once_stays_so_when_merged_into_anybody(shop: Shop) -> None:
    shop.scenarios = [scenario(EVERY, *TWO, holdout=0.4)]
    names = crowd(shop, 60)
    shop.run("2026-01-05")
    before = held(shop, "one")
    assert 10 < len(before) < 40
    pairs = list(zip(names[:20], names[20:40], strict=True))
    for gone, into in pairs:
        merged(shop, gone, into)
    shop.run("2026-01-06")
    expected = {into for gone, into in pairs if gone in before or into in before} | (before & set(names[40:]))
    assert held(shop, "two") == expected
    mixed = [into for gone, into in pairs if (gone in before) != (into in before)]
    treated = [into for gone, into in pairs if gone not in before and into not in before]
    assert mixed and treated  # both cases occur
    listed = {row[0] for row in shop.listed() if row[1] == "two"}
    assert listed & set(treated) and not listed & expected


def test_a_changed_share_changes_nobody_who_was_assigned_and_none_releases_all(shop: Shop) -> None:
    shop.scenarios = [scenario(EVERY, *TWO, holdout=0.3)]
    names = crowd(shop, 40)
    shop.run("2026-01-05")
    before = held(shop, "one")
    shop.scenarios = [scenario(EVERY, *TWO, holdout=0.6)]
    shop.customer("new")
    shop.order("new", "2026-01-06 10:00")
    shop.run("2026-01-06")
    assert before and held(shop, "two") == before
    shop.scenarios = [scenario(EVERY, *TWO, holdout=0)]
    for name in names:
        shop.order(name, "2026-01-07 10:00")
    shop.run("2026-01-07")
    assert len([row for row in shop.listed() if row[1] == "one"]) == 40


def test_the_global_hold_out_is_the_same_people_in_every_scenario_and_after_a_merge(shop: Shop, monkeypatch) -> None:
    monkeypatch.setenv("KIZUNA_GLOBAL_HOLDOUT", "0.3")
    shop.scenarios = [scenario(EVERY, *TWO, id="a"), scenario(EVERY, *TWO, id="b")]
    names = crowd(shop, 40)
    shop.run("2026-01-05")
    rows = "select scenario_id, customer_id from activation.scenario_targets where holdout"
    by_scenario: dict[str, set[str]] = {}
    for scenario_id, name in shop.con.execute(rows).fetchall():
        by_scenario.setdefault(scenario_id, set()).add(name)
    assert by_scenario["a"] == by_scenario["b"] and 3 < len(by_scenario["a"]) < 25
    gone = next(name for name in names if name in by_scenario["a"])
    into = next(name for name in names if name not in by_scenario["a"])
    merged(shop, gone, into)
    shop.run("2026-01-06")
    assert {row[1] for row in shop.con.execute(rows).fetchall() if row[1] == into} == {into}


def test_a_transactional_scenario_holds_nobody_out(shop: Shop, monkeypatch) -> None:
    monkeypatch.setenv("KIZUNA_GLOBAL_HOLDOUT", "1")
    monkeypatch.setenv("KIZUNA_DEFAULT_HOLDOUT", "1")
    shop.scenarios = [scenario(EVERY, is_transactional=True), scenario(EVERY, id="other")]
    shop.customer("anna")
    shop.order("anna", "2026-01-05 10:00")
    shop.run("2026-01-05")
    assert shop.con.execute("select scenario_id, holdout from activation.scenario_targets order by 1").fetchall() == [
        ("other", True),
        ("s", False),
    ]


def test_two_customers_who_merge_in_mid_scenario_go_on_as_one(shop: Shop) -> None:
    first = scenario({"kind": "order", "nth": 1}, *TWO, exits=["purchase"])
    shop.scenarios = [first]
    for name, at in (("anna", "10:00"), ("ben", "12:00")):
        shop.customer(name)
        shop.order(name, f"2026-01-05 {at}")
    shop.run("2026-01-05")
    assert len(shop.listed()) == 2
    merged(shop, "anna", "ben")
    shop.run("2026-01-06")
    # One person with two orders: the second has ended what the first began.
    assert shop.listed() == [] and shop.suppressed() == [("ben", "two", "purchased")]


def test_a_birthday_listed_for_a_merged_person_is_not_listed_again_after_the_split(shop: Shop) -> None:
    shop.only("birthday", load_scenarios())
    shop.customer("anna", born="1990-03-10")
    shop.run("2026-03-09")
    assert triggers(shop) == ["birthday:2026"]
    shop.customer("ben", born="1990-03-10")  # was a part of anna when she was greeted
    shop.con.execute("insert into identity.identity_changes values ('2026-03-10', 'split', 'anna', 'ben')")
    shop.run("2026-03-10")
    assert len(shop.listed("all_scenario_targets")) == 1 and shop.suppressed("all_suppressions") == []
    shop.run("2027-03-09")
    assert [row[0] for row in shop.listed()] == ["anna", "ben"]  # the next one is each one's own


def test_an_address_that_bounced_is_written_to_no_more_until_it_answers_again(shop: Shop) -> None:
    shop.scenarios = [scenario(EVERY, step(), step("by_line", channel="line"))]
    for name in ("dead", "once", "alive"):
        shop.customer(name)
        shop.order(name, "2026-01-05 10:00")
        for day in ("01", "02") if name != "once" else ("01",):
            opened(shop, name, f"2026-01-{day} 10:00", "x", event="bounced", scenario_id="other")
    opened(shop, "alive", "2026-01-03 10:00", "x", event="delivered", scenario_id="other")
    shop.run("2026-01-05")
    assert shop.suppressed() == [("dead", "one", "quality")]
    assert shop.con.execute("select detail from activation.suppressions").fetchall() == [("bounced",)]
    assert ("dead", "by_line") in {row[:2] for row in shop.listed()}


def test_bounces_of_an_address_that_the_customer_no_longer_has_do_not_count(shop: Shop) -> None:
    shop.scenarios = [scenario(EVERY)]
    shop.customer("anna")
    shop.order("anna", "2026-01-05 10:00")
    for day in ("01", "02"):
        opened(shop, "anna", f"2026-01-{day} 10:00", "x", event="bounced", scenario_id="other")
    shop.con.execute("update core.int_core__message_events set email_key = 12345")
    shop.run("2026-01-05")
    assert sent(shop) == [("one", "2026-01-06 00:00")]


def test_a_person_of_too_many_identifiers_and_one_to_be_erased_are_sent_nothing(shop: Shop) -> None:
    shop.scenarios = [scenario(EVERY, step(channel="web"))]
    for name in ("large", "gone", "anna"):
        shop.customer(name)
        shop.order(name, "2026-01-05 10:00")
    shop.con.execute("insert into identity.identity_map select i, 'email', 'h' || i, 'large' from range(21) as r (i)")
    shop.con.execute(
        "insert into identity.identity_map select 99 + i, 'visitor_id', 'v' || i, 'anna' from range(90) as r (i)"
    )
    shop.con.execute("insert into identity.identity_map values (98, 'email', 'g', 'gone')")
    shop.con.execute(
        "insert into core.int_core__privacy_requests values ('q', 98, 'erase', ?)", [tokyo("2026-01-05 09:00")]
    )
    shop.run("2026-01-05")
    assert [row[0] for row in shop.listed()] == ["anna"]
    assert shop.suppressed() == [("gone", "one", "erased"), ("large", "one", "quality")]
