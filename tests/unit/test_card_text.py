"""The card in words."""

from datetime import datetime

from dagster_project.customer.card_text import SECTIONS, print_card


def test_every_time_on_the_card_is_tokyo_s(capsys):
    record = {"attribute": "address", "source": "members", "record_status": "active", "record_kind": "member_id"}
    record |= {"record_hash": "0123456789abcdef", "updated_at": datetime(2026, 3, 30, 15, 30)}
    record |= {"priority": 1, "choose": "newest", "decided_by": "only", "other_records": 0, "disagreeing_records": 0}
    print_card({"customer_id": "c1", "customer": [], **{name: [] for name in SECTIONS}, "attributes": [record]})
    assert "2026-03-31 00:30" in capsys.readouterr().out
