"""A run that keeps what earlier runs built gives what a run gives that builds everything from landing."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from dagster_project.home import Home
from dagster_project.publish.reader import connect_published
from tests.conftest import LAST_DAY, Shop
from tests.pipeline.handmade import Sources

NEXT_DAY = LAST_DAY + timedelta(days=1)


def marts(shop: Shop) -> dict[str, str]:
    """A fingerprint of each mart, but of those that tell of syncs."""
    return {name: found for name, found in shop.published().items() if "/" not in name and not name.startswith("sync_")}


def batches(shop: Shop) -> list[tuple[str, int]]:
    """Builds that wrote acts of event sources, and how many, the largest first."""
    with duckdb.connect(str(shop.home / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(
            "select _batch, count(*) from core.int_core__touchpoints where _file_id is not null"
            " group by _batch order by count(*) desc, _batch"
        ).fetchall()


def news_of_all_kinds(shop: Shop) -> Sources:
    """Files that change what was known: masters, an order, who a visitor is; late events, and events yet to come."""
    [(product, brand)] = shop.query(
        "select seen.product_id, min(brands.brand_id) from (select product_id, mode(brand_id) as brand_id"
        " from marts.touchpoints where source = 'web_events' and product_id is not null"
        " group by product_id order by count(*) desc, product_id limit 1) as seen"
        " join marts.brand_pyramid as brands on brands.brand_id <> seen.brand_id group by seen.product_id"
    )
    [(content,)] = shop.query(
        "select content_id from marts.touchpoints where content_id is not null"
        " group by content_id order by count(*) desc, content_id limit 1"
    )
    [(order,)] = shop.query("select min(order_id) from marts.orders where is_counted and channel = 'ec'")
    with duckdb.connect() as con:
        con.execute(f"create view events as from read_csv('{shop.sources}/web_events/*.csv*', all_varchar = true)")
        [(campaign,)] = con.execute("select mode(utm_campaign) from events").fetchall()
        [(visitor,)] = con.execute(
            "select visitor_id from events group by 1 having count(member_id) = 0 and count(email) = 0"
            " order by count(*) desc, 1 limit 1"
        ).fetchall()
        [(member,)] = con.execute("select max(member_id) from events").fetchall()
    late, ahead = LAST_DAY - timedelta(days=40), NEXT_DAY + timedelta(days=1)
    event = {"visitor_id": visitor, "member_id": "", "event_name": "page_view", "utm_campaign": campaign}
    news = Sources()
    news.add("products", {"product_id": product, "brand_id": brand, "name": "moved"})
    news.add("contents", {"content_id": content, "information_kind": "vision", "score_category": "lifestance"})
    news.add(
        "campaigns", {"campaign_id": campaign, "name": "named late", "starts_on": str(late), "ends_on": str(ahead)}
    )
    news.add(
        "ec_orders",
        {"order_id": order.removeprefix("ec:"), "ordered_at": f"{late}T10:00:00", "updated_at": f"{NEXT_DAY}T10:00:00"}
        | {"status": "cancelled", "total_amount": "0"},
    )
    news.add(
        "web_events",
        event | {"event_id": "late-view", "occurred_at": f"{late}T10:00:00"},
        event | {"event_id": "late-login", "occurred_at": f"{late}T10:01:00", "member_id": member},
        event | {"event_id": "ahead", "occurred_at": f"{ahead}T10:00:00"},
    )
    news.files = {(source, f"zz-news-{name}"): file for (source, name), file in news.files.items()}
    return news


@pytest.mark.timeout(1200)  # four runs
def test_news_of_all_kinds_give_what_a_full_build_gives(shop: Shop, tmp_path: Path) -> None:
    own = shop.copy(tmp_path / "own")
    before, [(first_batch, acts)] = marts(own), batches(own)
    news = news_of_all_kinds(own)
    news.write(own.sources)
    # An hourly run sees the news first: the daily one after it must not take them for known.
    own.kizuna("activate", "--at", f"{NEXT_DAY}T12:00", "--sources", str(own.sources))
    assert marts(own) == before
    own.run(NEXT_DAY)
    after = marts(own)
    assert {
        mart for mart in ("touchpoints", "orders", "customers", "brand_ranks") if after[mart] == before[mart]
    } == set()
    [campaign] = news.files["campaigns", "zz-news-01.csv"].rows
    assert own.query("select count(*) > 9 from marts.touchpoints where campaign_id = ?", [campaign["campaign_id"]]) == [
        (True,)
    ]
    # Most rows are still those of the first build, so this was no full build itself.
    [(kept_batch, kept), *others] = batches(own)
    assert kept_batch == first_batch
    assert others
    assert 0.5 * acts < kept < acts

    anew = Shop(tmp_path / "anew", own.sources)
    shutil.copytree(own.home, anew.home)
    (anew.home / "warehouse.duckdb").unlink()
    (anew.home / "marts.duckdb").unlink()
    anew.run(NEXT_DAY)
    assert marts(anew) == after

    # A code of which nothing tells, but every event of media may: all are loaded again, and say the same.
    codes = Sources()
    codes.add("product_codes", {"surface": "media", "code": "unheard-of", "product_id": "P-none"}, name="zz-news.csv")
    codes.write(own.sources)
    own.run(NEXT_DAY)
    assert first_batch not in dict(batches(own))
    assert {mart for mart, found in marts(own).items() if found != after[mart]} <= {"source_coverage"}


def test_the_published_database_tells_which_rows_it_holds(shop: Shop) -> None:
    with connect_published(Home(shop.home)) as con:
        [(comment,)] = con.execute("select comment from duckdb_tables() where table_name = 'touchpoints'").fetchall()
    assert json.loads(comment)["batches"] == [batch for batch, _ in batches(shop)]
