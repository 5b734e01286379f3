"""Section 1 of the contract on hand-made sources: what becomes of files and rows.

The rows stand in `planted.py`; here stands what must come of them.
"""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from tests.conftest import Shop
from tests.pipeline import planted
from tests.pipeline.handmade import Sources, customer, open_shop, warehouse

# --- rows ---


def test_every_landed_row_is_explained(planted_shop: Shop) -> None:
    sources = planted.shop()
    with warehouse(planted_shop) as con:
        accounts = con.execute(
            "select source, rows_landed, staged, duplicates, superseded, quarantined"
            " from staging.row_accounts order by source"
        ).fetchall()
        landed = {row[0]: row[1] for row in accounts}
    assert len(accounts) == 20
    assert landed == {source: sources.rows(source) for source in landed}
    for source, rows, staged, duplicates, superseded, quarantined in accounts:
        assert rows == staged + duplicates + superseded + quarantined, source
    by_source = {row[0]: row[2:] for row in accounts}
    assert by_source["members"] == (sources.rows("members") - 3, 0, 1, 2)
    assert by_source["web_events"] == (sources.rows("web_events") - 4, 2, 0, 2)
    assert by_source["ec_orders"] == (sources.rows("ec_orders") - 4, 0, 1, 3)
    assert dict(planted_shop.query("select source, rows from marts.source_coverage")) == landed
    assert dict(planted_shop.query("select source, quarantined from marts.source_coverage where quarantined > 0")) == {
        "members": 2,
        "web_events": 2,
        "ec_orders": 3,
    }


def test_quarantine_names_file_line_column_reason_and_the_row(planted_shop: Shop) -> None:
    with warehouse(planted_shop) as con:
        rows = con.execute(
            "select source, file_name, _line_no, column_name, reason, row_json from staging.quarantine"
            " order by source, file_name, _line_no"
        ).fetchall()
    assert [(source, line, column) for source, _, line, column, _, _ in rows] == [
        ("ec_orders", 2, "status"),
        ("ec_orders", 3, "total_amount"),
        ("ec_orders", 4, "order_id"),
        ("members", 2, "registered_at"),
        ("members", 3, "registered_at"),
        ("web_events", _line_of("w-zap"), "event_name"),
        ("web_events", _line_of("w-nobody"), "visitor_id"),
    ]
    assert all(reason and file_name for _, file_name, _, _, reason, _ in rows)
    assert '"m-bad-date"' in rows[4][5]
    assert '"2026-02-30"' in rows[4][5]


def _line_of(event_id: str) -> int:
    rows = planted.shop().files["web_events", "01.csv"].rows
    return 2 + [row["event_id"] for row in rows].index(event_id)


def test_unreadable_optional_values_become_null_and_are_counted(planted_shop: Shop) -> None:
    with warehouse(planted_shop) as con:
        warnings = {
            (source, column): rows
            for source, column, _, rows in con.execute(
                "select source, column_name, problem, rows from staging.staging_warnings"
            ).fetchall()
        }
        kept = con.execute(
            "select email, phone, gender, birth_date, email_opt_in, postal_code, prefecture, address"
            " from staging.stg_members where member_id = 'm-warn'"
        ).fetchall()
    assert warnings == {
        ("members", column): 1 for column in ("email", "phone", "gender", "birth_date", "email_opt_in")
    } | {("web_events", "quantity"): 1, ("web_events", "email"): 1}
    assert kept == [(None, None, None, None, None, "SW1A 1AA", "Greater London", "10 Downing St")]
    assert customer(planted_shop, "m-warn", "gender, age_band, prefecture, consent_email") == (
        None,
        None,
        "Greater London",
        False,
    )


def test_every_format_and_encoding_is_read(planted_shop: Shop) -> None:
    with warehouse(planted_shop) as con:
        rows = con.execute(
            "select member_id, email, phone, last_name, prefecture, birth_date, gender, registered_at, email_opt_in,"
            " sms_opt_in from staging.stg_members where member_id in ('007', 'm-bom', '8', '9') order by 1"
        ).fetchall()
    new_year = datetime(2025, 1, 1)
    assert rows == [
        (
            "007",
            "cp932@example.jp",
            "+819011110001",
            "髙橋",
            "東京都",
            date(1985, 4, 1),
            "female",
            new_year,
            True,
            False,
        ),
        ("8", "jsonl@example.jp", None, None, None, None, None, new_year, True, None),
        ("9", "parquet@example.jp", None, None, None, date(2010, 5, 5), None, new_year, False, True),
        (
            "m-bom",
            "bom@example.jp",
            "+819011110002",
            "髙橋",
            "東京都",
            date(1985, 3, 31),
            "male",
            new_year,
            True,
            False,
        ),
    ]
    assert customer(
        planted_shop, "007", "gender, age_band, prefecture, consent_email, consent_sms, consent_dm, consent_line"
    ) == ("female", "40s", "東京都", True, False, True, False)
    assert customer(planted_shop, "m-bom", "age_band") == ("40s",)  # the day after his birthday is not needed
    assert customer(planted_shop, "9", "age_band, orders, net_sales, gift_orders") == ("10s", 1, Decimal(1234), 1)
    assert planted_shop.query("select ordered_at from marts.orders where order_id = 'ec:o-parquet'") == [
        (datetime(2026, 3, 1, 0, 30),)
    ]


def test_the_first_landed_event_and_the_newest_version_win(planted_shop: Shop) -> None:
    assert planted_shop.query("select occurred_at from marts.touchpoints where source_key = 'w-twice'") == [
        (datetime(2026, 2, 28, 15),)
    ]
    assert customer(planted_shop, "m-version", "member_rank") == ("gold",)


# --- sources that are not there ---


def test_a_shop_of_one_source_runs(tmp_path: Path) -> None:
    """Of web events; `test_complete_journey.py` is a shop of receipts."""
    sources = Sources({key: file for key, file in planted.shop().files.items() if key[0] == "web_events"})
    shop = open_shop(tmp_path, sources)
    shop.run(planted.AS_OF)
    assert shop.query("select count(*) from marts.customers where net_sales <> 0") == [(0,)]
    assert shop.query(
        "select count(*) from marts.rf_matrix where as_of = '2026-03-31' and window_days = 90"
        " and recency_band = 'total' and frequency_band = 'total'"
    ) == [(1,)]
    assert dict(shop.query("select source, rows from marts.source_coverage where rows > 0")) == {
        "web_events": sources.rows("web_events")
    }
    assert shop.query("select count(*) from marts.visitors where events > 0")[0][0] > 0
    assert shop.query("select count(*) from marts.orders") == [(0,)]
