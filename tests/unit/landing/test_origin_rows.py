"""The rows that a fact came from are found by the key that staging made of theirs."""

from dagster_project.landing.land import land
from dagster_project.landing.origin_rows import landed_values, origin_rows


def test_rows_are_found_by_their_key_as_staged(home, sources_dir, deliver):
    items = "order_id,line_no,product_id,quantity,amount\n"
    deliver("ec_order_items/a.csv", items + "Ｏ１,01,p1,1,100\n\u3000O1 ,1.0,p1,1,100\nO1,2,p1,1,100\n,1,p1,1,1\n")
    deliver("ec_order_items/b.csv", items + "O1,1.5,p1,1,100\nO1,one,p1,1,100\nO1,1,p1,2,200\n")
    land(home, sources_dir)
    found = origin_rows(home, [("ec_order_items", "O1:1"), ("ec_order_items", "o1:1"), ("brands", "b1")])
    assert [(row["source_key"], row["file"], row["line_no"]) for row in found] == [
        ("O1:1", "a.csv", 2),
        ("O1:1", "a.csv", 3),
        ("O1:1", "b.csv", 4),
    ]
    assert landed_values(home, [("ec_order_items", "O1:1")], "quantity") == {("ec_order_items", "O1:1"): "2"}
