"""The compiled SQL against a judge that looks at each row in turn, over conditions of all shapes."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from audience_shop import KINDS, AudienceShop, Judge, random_shop
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dagster_project.activation.audiences.compiling import predicate
from dagster_project.activation.audiences.library import Library
from dagster_project.activation.audiences.measuring import explain, sample
from dagster_project.activation.audiences.parts import Condition
from dagster_project.activation.audiences.reading import condition_at
from dagster_project.activation.audiences.schema import Schema
from dagster_project.errors import ConfigurationError

END_OF_DAY = datetime(2026, 3, 31, 15)  # of 31 March in Tokyo
MOMENTS = {"trigger": datetime(2026, 3, 25, 3), "previous_step": datetime(2026, 3, 29, 15)}
TRUTHS = ("no value of", "opposite", "no time is both")  # a condition that nobody can fulfil is refused, rightly

DAYS = st.sampled_from([date(2026, 3, 31), date(2026, 3, 30), date(2026, 3, 1), date(2026, 2, 28), date(2025, 3, 31)])
LENGTHS = st.sampled_from(
    [{"days": 1}, {"days": 7}, {"days": 30}, {"months": 1}, {"months": 1, "days": 1}, {"hours": 9}, {"hours": 30}]
)
WHOLE_LENGTHS = st.sampled_from([{"days": 1}, {"days": 7}, {"months": 1}, {"months": 2, "days": 3}])
NUMBERS = st.sampled_from([0, 1, 2, 3, 500, 1000, 0.25, 1500])
WORDS = {
    "gender": ["female", "male"], "age_band": ["20s", "30s", "40s"], "rf_segment": ["loyal_active", "new_lapsed"],
    "channel": ["web", "store", "ec"], "action": ["product_view", "visit", "purchase", "review"],
    "brand_id": ["B1", "B2"], "product_id": ["P11", "P12", "P21"], "member_ids": ["m1", "m2", "m3"],
    "badge_id": ["store_regular", "product_lover"], "tag": ["product_views", "favourite_brand"],
    "order_id": ["ec:0", "ec:3"],
}  # fmt: skip


def one(operator: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda value: {operator: value}, values)


def several(operator: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return one(operator, st.lists(values, min_size=1, max_size=2, unique=True))


def orders(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    ways = ("at_least", "at_most", "above", "below")
    pair = st.lists(values, min_size=2, max_size=2).map(lambda two: {"between": sorted(two)})
    return st.one_of(values, st.lists(values, min_size=1, max_size=2), pair, *(one(way, values) for way in ways))


KNOWN = one("is_known", st.booleans())


def comparisons(column: str, kind: str, since: bool) -> st.SearchStrategy[Any]:
    """Tests that a column of a kind can be compared by."""
    if kind in ("text", "list"):
        words = st.sampled_from(WORDS[column])
        tests = [words, st.lists(words, min_size=1, max_size=2), one("is_not", words), several("none_of", words), KNOWN]
        return st.one_of(*tests, *([one("starts_with", words.map(lambda word: word[:1]))] if kind == "text" else []))
    if kind == "number":
        return st.one_of(orders(NUMBERS), one("is_not", NUMBERS), several("none_of", NUMBERS), KNOWN)
    if kind == "boolean":
        return st.one_of(st.booleans(), one("is_not", st.booleans()), KNOWN)
    if kind == "any":
        told = st.sampled_from([3, 10.5, "dry", "B1", True])
        return st.one_of(told, orders(NUMBERS), orders(DAYS), one("is_not", told), KNOWN, one("within", WHOLE_LENGTHS))
    lengths = WHOLE_LENGTHS if kind == "date" else LENGTHS
    near = [one(way, lengths) for way in ("within", "before", "ahead")]
    moments = [one("since", st.sampled_from(list(MOMENTS)))]
    moments.append(st.builds(lambda moment, length: {**moment, "within": length}, moments[0], lengths))
    return st.one_of(orders(DAYS), one("from", DAYS), one("until", DAYS), one("is_not", DAYS), KNOWN, *near,
                     *(moments if since else []))  # fmt: skip


def filters(mart: str, columns: list[str], since: bool) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {}, optional={column: comparisons(column, KINDS[mart][column], since) for column in columns}
    )


def windows(since: bool) -> st.SearchStrategy[dict[str, Any]]:
    back = [one("within", LENGTHS), one("before", LENGTHS), one("from", DAYS), one("until", DAYS), st.just({})]
    moment = one("since", st.sampled_from(list(MOMENTS)))
    return st.one_of(*back, *([moment, st.builds(lambda a, b: {**a, **b}, moment, back[0])] if since else []))


def merged(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda found: {key: value for part in found for key, value in part.items()})


COUNTS = st.sampled_from([0, 1, 2, {"at_least": 2}, {"at_most": 1}, {"between": [1, 3]}, [0, 2], {"is_not": 1}])
SUMS = st.sampled_from([{"at_least": 1000}, {"at_most": 1500}, {"above": 2}, 0])


def leaves(since: bool) -> st.SearchStrategy[dict[str, Any]]:
    acted = filters("touchpoints", ["action", "channel", "brand_id", "product_id"], since)
    measures = [one("count", COUNTS), one("days", COUNTS), one("quantity", SUMS), one("amount", SUMS), st.just({})]
    acts = merged(acted, windows(since), st.one_of(*measures))
    extremes = merged(acted, windows(since), st.one_of(st.just({}), one("was", acted)))
    rows = st.sampled_from(["badges", "tags", "orders"]).flatmap(
        lambda mart: merged(
            st.just({"mart": mart}),
            one("where", filters(mart, list(KINDS[mart]), since)),
            st.one_of(st.just({}), one("count", COUNTS)),
        )
    )
    total = st.just({"mart": "orders"}).map(lambda rows: {**rows, "sum": {"net_amount": {"at_least": 1000}}})
    told = comparisons("told", "any", False)
    external = merged(st.just({"name": "told"}), told.map(lambda test: test if isinstance(test, dict) else
                      {"one_of": test} if isinstance(test, list) else {"is": test}))  # fmt: skip
    attributes = [one(column, comparisons(column, kind, since)) for column, kind in KINDS["customers"].items()]
    return st.one_of(
        st.one_of(*attributes), one("acts", acts), one("acts", acts), one("first", extremes), one("last", extremes),
        one("rows", st.one_of(rows, total)), *([] if since else [one("external", external)]),
    )  # fmt: skip


def conditions(since: bool) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves(since),
        lambda inner: st.one_of(
            one("all", st.lists(inner, min_size=1, max_size=3)),
            one("any", st.lists(inner, min_size=1, max_size=3)),
            one("not", inner),
            st.lists(inner, min_size=1, max_size=3),
        ),
        max_leaves=5,
    )


@pytest.fixture(scope="module", params=[END_OF_DAY, END_OF_DAY - timedelta(hours=9)], ids=["daily", "hourly"])
def shop(request: pytest.FixtureRequest) -> tuple[AudienceShop, Schema]:
    shop = random_shop(7, request.param)
    return shop, Schema.of(shop.con, request.param)


def read(data: Any) -> Condition:
    """The condition, but for one that nobody could fulfil."""
    try:
        return condition_at(data, "audience.yml", {(): 1}, library=Library())
    except ConfigurationError as error:
        assume(not all(any(truth in fault.message for truth in TRUTHS) for fault in error.faults))
        raise


def judged(shop: AudienceShop, schema: Schema, data: Any) -> set[str]:
    judge = Judge(shop, schema.cut_off_at, MOMENTS)
    return {person["customer_id"] for person in shop.rows["customers"] if judge.fulfils(data, person)}


def asked(shop: AudienceShop, schema: Schema, condition: Condition) -> set[str]:
    sql = predicate(condition, "frame", schema).sql(dialect="duckdb")
    moments = "cast(? as timestamp) as triggered_at, cast(? as timestamp) as previous_at"
    rows = shop.con.execute(
        f"select customer_id, {sql} from (select customer_id, {moments} from marts.customers) as frame",
        list(MOMENTS.values()),
    ).fetchall()
    assert all(fulfilled is not None for _, fulfilled in rows)
    return {customer_id for customer_id, fulfilled in rows if fulfilled}


@settings(max_examples=40, deadline=None)
@given(data=conditions(since=False))
def test_people_who_fulfil_a_condition(shop: tuple[AudienceShop, Schema], data: Any) -> None:
    rows, schema = shop
    condition, expected = read(data), judged(rows, schema, data)
    assert asked(rows, schema, condition) == expected
    assert set(sample(rows.con, condition, schema, 100)) == expected
    steps, everybody = explain(rows.con, condition, schema)
    assert (steps[0].customers, everybody) == (len(expected), len(rows.rows["customers"]))


@settings(max_examples=40, deadline=None)
@given(data=conditions(since=True))
def test_people_who_fulfil_a_condition_since_a_moment(shop: tuple[AudienceShop, Schema], data: Any) -> None:
    rows, schema = shop
    assert asked(rows, schema, read(data)) == judged(rows, schema, data)
