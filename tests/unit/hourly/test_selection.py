"""What an hourly run builds: what is needed, all that it is made from, and nothing that is made from it."""

import re

import pytest

from dagster_project.hourly import selection
from dagster_project.project import ROOT
from dagster_project.publish.catalog import MARTS


def node(name: str, schema: str, *parents: str, kind: str = "model") -> dict:
    return {"name": name, "schema": schema, "resource_type": kind, "depends_on": {"nodes": list(parents)}}


NODES = {
    "seed.kinds": node("kinds", "rules", kind="seed"),
    "model.base": node("base", "staging", "source.landing"),
    "model.persons": node("persons", "identity", "model.base", "seed.kinds"),
    "model.touchpoints": node("touchpoints", "core", "model.persons"),
    "model.customers": node("customers", "insights", "model.touchpoints"),
    "test.persons": node("unique_persons", "tests", "model.persons", kind="test") | {"attached_node": "model.persons"},
    "test.base": node("unique_base", "tests", "model.base", kind="test") | {"attached_node": "model.base"},
}
MANIFEST = {"nodes": NODES}


def test_what_is_needed_is_built_with_all_that_it_is_made_from() -> None:
    assert set(selection.fresh_nodes(MANIFEST, ("core.touchpoints",))) == {
        "model.touchpoints",
        "model.persons",
        "model.base",
        "seed.kinds",
    }


def test_a_need_that_no_model_meets_is_no_silent_gap() -> None:
    with pytest.raises(KeyError):
        selection.fresh_nodes(MANIFEST, ("core.nothing",))


def test_only_tests_that_hold_a_message_back_are_made() -> None:
    assert selection.tests_of(MANIFEST, {"persons", "base"}) == ["unique_persons"]
    assert selection.tests_of(MANIFEST, {"base"}) == []


def test_whatever_scenarios_and_conditions_read_is_fresh_or_published() -> None:
    activation = ROOT / "dagster_project" / "activation"
    files = [*activation.glob("scenarios/**/*.sql"), *activation.glob("*/*.py")]
    read = re.compile(r"\b(?:from|join) ((?:core|identity|insights|pii|staging)\.[a-z_0-9]+)")
    relations = {name for file in files for name in read.findall(file.read_text(encoding="utf-8"))}
    assert "core.touchpoints" in relations
    assert relations - set(selection.NEEDED) - {relation for relation, _ in MARTS.values()} == set()
