"""Planted pairs and launches, counted straight from the files."""

from pathlib import Path

import pandas as pd

from tests.unit.sample.reading import read_good, truth


def lines(shop: Path) -> pd.DataFrame:
    """Lines of all orders and receipts under the shop's own product ids, with the day of the order."""
    items = pd.concat(
        [
            read_good(shop, "ec_order_items").assign(order_id=lambda rows: "ec:" + rows["order_id"]),
            read_good(shop, "pos_receipt_items").assign(order_id=lambda rows: "store:" + rows["receipt_id"]),
        ]
    )
    codes = read_good(shop, "product_codes").set_index("code")["product_id"]
    items["product_id"] = items["product_id"].map(codes).fillna(items["product_id"])
    orders = truth(shop, "orders").set_index("order_id")
    items = items.join(orders[["ordered_at", "is_counted"]], on="order_id")
    items["day"] = (items["ordered_at"] + pd.Timedelta(hours=9)).dt.normalize()
    return items


def test_planted_pairs_stand_in_the_files_and_draw_each_other(shop: Path) -> None:
    counted = lines(shop).query("is_counted == True")
    baskets = truth(shop, "orders")["is_counted"].sum()
    planted = truth(shop, "basket_pairs")
    assert len(planted) == 4
    for pair in planted.itertuples():
        left, right = (
            set(counted.loc[counted["product_id"] == product, "order_id"])
            for product in (pair.left_product_id, pair.right_product_id)
        )
        assert (len(left), len(right)) == (pair.left_baskets, pair.right_baskets)
        assert len(left & right) == pair.baskets_together
        assert pair.baskets == baskets
        assert len(left & right) * baskets > 3 * len(left) * len(right)


def test_a_launched_product_is_sold_on_its_days_alone(shop: Path) -> None:
    sold = lines(shop)
    launches = truth(shop, "launches")
    products = read_good(shop, "products").set_index("product_id")
    launches = launches[launches["product_id"].isin(sold["product_id"])]
    assert len(launches) >= 4
    for launch in launches.to_dict("records"):
        days = sold.loc[sold["product_id"] == launch["product_id"], "day"]
        listed = products.loc[products.index == launch["product_id"]].iloc[0]
        assert days.min() >= pd.Timestamp(launch["launched_on"])
        assert listed["launched_on"] == str(launch["launched_on"])
        if launch["withdrawn_on"] is not None:
            assert days.max() < pd.Timestamp(launch["withdrawn_on"])
            assert listed["withdrawn_on"] == str(launch["withdrawn_on"])
    assert launches["withdrawn_on"].notna().sum() == 1
