"""What a run tells of, though nothing has stopped: contents that are not known, audiences that match nobody."""

from pathlib import Path
from typing import Any

import pytest
from activation_shop import Shop
from scenario_steps import scenario, thanks

from dagster_project.activation.audiences.library import read_library
from dagster_project.activation.audiences.parts import Condition
from dagster_project.activation.audiences.reading import condition_at

CHRISTMAS = {"kind": "calendar", "dates": ["12-24"]}


@pytest.fixture(autouse=True)
def known_contents(shop: Shop) -> None:
    shop.con.execute("insert into staging.stg_contents values ('c')")
    shop.customer("anna")


@pytest.fixture
def condition(tmp_path: Path) -> Any:
    """Conditions that may name the audiences `men` and `women`."""
    folder = tmp_path / "seeds" / "audiences"
    folder.mkdir(parents=True)
    for name, gender in (("men", "male"), ("women", "female")):
        (folder / f"{name}.yml").write_text(f"id: {name}\ndescription: d\naudience: {{gender: {gender}}}\n")
    library = read_library(folder.parent)

    def read(value: Any) -> Condition:
        return condition_at(value, "a.yml", {(): 1}, library=library)

    return read


def test_unknown_contents_only_warn(shop: Shop) -> None:
    shop.con.execute("delete from staging.stg_contents")
    shop.scenarios = [thanks()]
    assert shop.run("2026-01-05").warnings == ["scenario thanks sends contents that source contents does not have: c"]


def test_audiences_of_nobody_are_told_by_a_daily_run(shop: Shop, condition: Any) -> None:
    men, women = {"segment": "men"}, {"segment": "women"}
    is_man = [{"name": "is_man", "when": condition({"any": [men, women]})}]
    shop.scenarios = [
        scenario(CHRISTMAS, id="nobody", audience=condition({"gender": "male"})),
        scenario(CHRISTMAS, id="anna", audience=condition({"gender": "female"})),
        scenario(CHRISTMAS, id="named", audience=condition(men)),
        scenario({"kind": "order"}, id="asks", exits=is_man),
        scenario(CHRISTMAS, id="over", audience=condition({"gender": "other"}), valid_until="2026-01-04"),
        scenario(CHRISTMAS, id="to_come", audience=condition({"gender": "other"}), valid_from="2026-01-06"),
    ]
    assert shop.run("2026-01-05").warnings == [
        "the audience in nobody.yml matches nobody (asked by nobody)",
        "the audience men matches nobody (asked by named, asks)",
    ]


def test_an_hourly_run_does_not_count_audiences_and_what_depends_on_the_trigger_is_not_counted(
    shop: Shop, condition: Any
) -> None:
    since = condition({"acts": {"action": "visit", "since": "trigger"}})
    shop.scenarios = [
        scenario({"kind": "order"}, id="since", audience=since),
        scenario(CHRISTMAS, id="nobody", audience=condition({"gender": "male"}), cadence="hourly"),
    ]
    assert shop.run("2026-01-05", hour=12).warnings == []
    assert len(shop.run("2026-01-05").warnings) == 1
