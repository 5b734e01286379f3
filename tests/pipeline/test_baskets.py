"""What is bought together and what is recommended, on the published marts of a small shop: pairs against pandas and
against the planted ones, recommendations against what may never be recommended, and against popularity.
"""

from itertools import combinations

import pandas as pd
import pytest

from dagster_project.home import Home
from dagster_project.publish.reader import connect_published
from dagster_project.settings import effective_settings
from tests.conftest import LAST_DAY, Shop
from tests.unit.sample.reading import read_good, truth

ITEM, BASKET = {"product": "product_id", "category": "category"}, {"basket": "order_id", "customer": "customer_id"}
FIGURES = ["baskets_together", "left_baskets", "right_baskets", "baskets"]


def frame(shop: Shop, sql: str) -> pd.DataFrame:
    """Rows of the published marts."""
    with connect_published(Home(shop.home)) as con:
        return con.execute(sql).df()


@pytest.fixture(scope="module")
def lines(shop: Shop) -> pd.DataFrame:
    """Counted order lines with their Tokyo day."""
    found = frame(shop, "select * from marts.order_items where is_counted")
    found["day"] = (found["ordered_at"] + pd.Timedelta(hours=9)).dt.normalize()
    return found


def setting(name: str) -> int:
    return int(effective_settings()[name])


@pytest.mark.parametrize("level", ITEM)
@pytest.mark.parametrize("basis", BASKET)
def test_pairs_are_those_that_pandas_counts(level: str, basis: str, shop: Shop, lines: pd.DataFrame) -> None:
    first = pd.Timestamp(LAST_DAY) - pd.Timedelta(days=setting("pair_window_days") - 1)
    held = lines[lines["day"] >= first].dropna(subset=[ITEM[level], BASKET[basis]])
    sets = held.groupby(BASKET[basis])[ITEM[level]].agg(lambda items: sorted(set(items)))
    assert sets.map(len).max() <= setting("pair_max_products")  # so that no customer's set is cut here
    alone = sets.explode().value_counts()
    pairs = sets.map(lambda items: list(combinations(items, 2))).explode().dropna().value_counts()
    pairs = pairs[pairs >= setting("pair_min_together")]
    expected = pd.DataFrame(
        [(*pair, count, *(alone[item] for item in pair), len(sets)) for pair, count in dict(pairs).items()],
        columns=["left_id", "right_id", *FIGURES],
    ).set_index(["left_id", "right_id"])
    published = frame(shop, f"select * from marts.basket_pairs where level = '{level}' and basis = '{basis}'")
    published = published.set_index(["left_id", "right_id"])
    assert len(published) > 0
    pd.testing.assert_frame_equal(
        published[FIGURES].sort_index(), expected.sort_index(), check_dtype=False, check_index_type=False
    )
    together, left, right = (published[name] / published["baskets"] for name in FIGURES[:3])
    pd.testing.assert_series_equal(published["support"], together, check_names=False)
    pd.testing.assert_series_equal(published["confidence_left_to_right"], together / left, check_names=False)
    pd.testing.assert_series_equal(published["confidence_right_to_left"], together / right, check_names=False)
    pd.testing.assert_series_equal(published["lift"], together / (left * right), check_names=False)


def test_planted_pairs_are_found(shop: Shop) -> None:
    found = frame(shop, "select * from marts.basket_pairs where level = 'product' and basis = 'basket'")
    lift = {frozenset(pair): value for *pair, value in found[["left_id", "right_id", "lift"]].itertuples(index=False)}
    planted = truth(shop.sources, "basket_pairs")
    planted = planted[planted["baskets_together"] > setting("pair_min_together")]
    assert len(planted) >= 2
    for left, right in planted[["left_product_id", "right_product_id"]].itertuples(index=False):
        assert lift[frozenset((left, right))] > 2


def test_nothing_is_recommended_that_lasts_or_is_not_sold(shop: Shop, lines: pd.DataFrame) -> None:
    products = read_good(shop.sources, "products").set_index("product_id")
    days = products[["launched_on", "withdrawn_on"]].apply(pd.to_datetime)
    products = products.assign(**days, lasts=pd.to_timedelta(products["replenishment_days"].astype(float), unit="D"))
    as_of = pd.Timestamp(LAST_DAY)
    recommended = frame(shop, "select * from marts.recommendations").join(products, on="product_id")
    assert recommended["brand_id"].notna().all()
    assert (recommended["launched_on"] <= as_of).all()
    assert recommended["withdrawn_on"].isna().all()
    assert set(recommended["is_trial"]) == {"false"}
    last = lines.groupby(["customer_id", "product_id"])["day"].max().rename("last_on")
    bought = recommended.join(last, on=["customer_id", "product_id"])
    due = (bought["last_on"] + bought["lasts"]).dropna()
    assert len(due) > 0
    assert (due <= as_of).all()
    assert bought.loc[bought["kind"] == "new_from_brand", "last_on"].isna().all()
    gone = products.index[products["withdrawn_on"] <= as_of]
    assert lines["product_id"].isin(gone).any(), "nothing that is withdrawn was ever bought: the test proves nothing"


def test_positions_of_a_kind_run_from_one_without_gap(shop: Shop) -> None:
    places = frame(shop, "select customer_id, kind, position from marts.recommendations")
    assert set(places["kind"]) == {
        "new_from_brand", "repeat", "pairs_with_store", "seasonal", "recently_viewed", "category",
    }  # fmt: skip
    by_kind = places.groupby(["customer_id", "kind"])["position"]
    assert (by_kind.max() == by_kind.count()).all()
    assert (by_kind.nunique() == by_kind.count()).all()
    assert places["position"].between(1, setting("recommendations_per_kind")).all()


def test_a_favourite_category_is_the_customers_own(shop: Shop) -> None:
    found = frame(
        shop,
        "select distinct c.favourite_category = i.category as is_same from marts.recommendations as r"
        " inner join marts.customers as c using (customer_id)"
        " inner join (select distinct product_id, category from marts.order_items) as i using (product_id)"
        " where r.kind = 'category'",
    )
    assert found["is_same"].tolist() == [True]


def test_recommendations_hit_more_than_as_many_best_sellers(shop: Shop) -> None:
    quality = frame(shop, "select * from marts.model_quality where model = 'recommendations'")
    figures: pd.DataFrame = quality.pivot(index="slice", columns="metric", values="value")
    cases: pd.Series = quality.groupby("slice")["cases"].first()
    planted = ["new_from_brand", "pairs_with_store", "repeat"]
    ours = (figures["hit_rate_at_10"] * cases)[planted].sum()
    popular = (figures["popularity_same_length_hit_rate_at_10"] * cases)[planted].sum()
    assert cases[planted].sum() >= 30
    assert ours > popular
    shares = quality.loc[quality["metric"] != "list_length", "value"].dropna()
    assert shares.between(0, 1).all()
