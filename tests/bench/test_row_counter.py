"""The receiver over HTTP keeps what it is sent, and tells where two senders' rows differ."""

import json
import urllib.request

from tests.bench.row_counter import Received, receiver, told


def test_rows_and_deletions_are_counted_until_asked() -> None:
    received = Received()
    received.take("kizuna", "upsert", [{"user_id": "a", "sales": 5}, {"user_id": "b", "sales": None}])
    received.take("drt", "upsert", [{"user_id": "a", "sales": "5.00"}, {"user_id": "b", "sales": ""}])
    received.take("kizuna", "delete", [{"user_id": "b"}])
    assert received.tell() == {
        "counts": {"kizuna": {"rows": 2, "deletions": 1}, "drt": {"rows": 2}},
        "differing": 0,
    }
    received.take("drt", "upsert", [{"user_id": "a", "sales": 6}])
    assert received.tell() == {"counts": {"drt": {"rows": 1}}, "differing": 1}


def test_it_answers_in_a_process_of_its_own() -> None:
    with receiver() as address:
        body = json.dumps({"rows": [{"user_id": "a"}]}).encode()
        request = urllib.request.Request(f"{address}/kizuna", body, {"Content-Type": "application/json"})
        urllib.request.urlopen(request).close()
        assert told(address)["counts"] == {"kizuna": {"rows": 1}}
