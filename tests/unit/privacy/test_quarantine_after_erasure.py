"""What quarantine shows of rows in which cells were erased is what a warehouse built anew would show."""

from dagster_project.landing.contract import sources
from dagster_project.privacy.carried import Carried
from dagster_project.privacy.warehouse_rows import correct_source
from tests.unit.privacy.test_corrected_rows import Shop

SHOWN = "select _line_no, row_outcome, row_json from base_web_events"


def test_an_erased_cell_of_somebody_elses_row_is_not_shown_in_quarantine() -> None:
    shop, source = Shop(), sources()["web_events"]
    row = {"visitor_id": "v1", "member_id": "another", "email": "his@example.com", "event_name": "login"}
    shop.land(
        source,
        [
            row | {"event_id": "e1", "occurred_at": "never"},
            row | {"event_id": "e2", "occurred_at": "2026-04-01"},
            row | {"event_id": "e3", "occurred_at": "never", "email": "anothers@example.com"},
        ],
    )
    shop.build()
    found = {shop.files["f1"]: Carried(cells={"email": {2, 3}})}
    shop.overwrite(found)
    correct_source(shop.con, source, found)
    kept = shop.models.rows(SHOWN)
    assert [outcome for _, outcome, _ in kept] == ["quarantined", "staged", "quarantined"]
    assert "his@example.com" not in str(kept) and "anothers@example.com" in str(kept)
    assert kept == shop.whole().models.rows(SHOWN)
