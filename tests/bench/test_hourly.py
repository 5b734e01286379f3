"""The hour that lands is cut out of the day's files, and a run's own work is told from what any run takes."""

import gzip
import json
from datetime import datetime
from pathlib import Path

from tests.bench.hour import cut
from tests.bench.hourly import Day, report, verdict
from tests.bench.measure import Measured

FIRST = datetime(2026, 1, 5, 10)


def write(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def test_the_rows_of_the_hour_come_as_json_lines_with_the_lines_of_its_orders(tmp_path: Path) -> None:
    day, out = tmp_path / "day", tmp_path / "out"
    orders = (
        "order_id,ordered_at,address\nE1,2026-01-05T10:00:00+09:00,東京\nE2,2026-01-05T11:00:00+09:00,x\nE3,soon,x\n"
    )
    write(day / "ec_orders", "a.csv", orders.encode("cp932"))
    write(day / "ec_order_items", "a.csv.gz", gzip.compress(b"order_id,line_no\nE2,1\nE1,1\nE1,2\n"))
    write(day / "store_visits", "a.csv", b"\xef\xbb\xbfvisit_id\tvisited_at\nv1\t2026-01-05T10:59:59+09:00\n")
    event = {"event_id": "e1", "occurred_at": "2026-01-05T09:59:59+09:00", "url": None}
    write(day / "web_events", "a.jsonl", json.dumps(event).encode())
    assert cut(day, out, FIRST) == {"ec_orders": 1, "store_visits": 1, "ec_order_items": 2}
    [file] = (out / "ec_orders").iterdir()
    assert json.loads(file.read_text()) == {
        "order_id": "E1",
        "ordered_at": "2026-01-05T10:00:00+09:00",
        "address": "東京",
    }
    assert not (out / "web_events").exists()


def test_own_work_is_what_is_left_of_what_any_run_takes() -> None:
    def run(whole: float, core: float) -> Measured:
        return Measured(1.0, processor_seconds=whole, used={"start-up": whole - core, "core": core})

    text = report("A shop", Day(7, run(30, 4), run(140, 60)), Day(1, run(25, 1), run(40, 2)))
    assert "| core | 4.0 | 1.0 | 60.0 | 2.0 |" in text
    assert "Own work: 5.0 s of the day's 100.0 s, 5.0% (limit 10%), within." in text
    assert verdict(20, 100).endswith("beyond by 10.0%.")
    assert verdict(0.5, -1).startswith("Too little")
