"""Whole requests that an HTTP receiver refuses for the sake of some rows, or of their size."""

import pytest

from dagster_project.activation.feeds.destinations import DestinationFailed
from tests.services.syncs import SECOND, Engine, opened, sent, written


def test_a_row_for_which_a_whole_request_is_refused_is_found_by_halves_and_the_rest_arrives(api, home, tmp_path):
    api.spoilt_by = {
        "k07": (422, {"detail": "x7 <seven@example.jp> is no name"}),
        "k31": (400, None),
    }
    rows = [(f"k{n:02}", f"x{n}") for n in range(40)]
    sync = written(tmp_path, rows, ("k31", "gone"))
    api.table["gone"] = {}
    receipt = sent(opened(api.settings(rows_per_request=20, syncs_url=api.url.replace("rows", "syncs")), home), sync)
    assert receipt.rejected == (
        ("k07", "refused alone (HTTP 422): … <…> is no name"),
        ("k31", "refused alone (HTTP 400)"),
        ("k31", "refused alone (HTTP 400)"),
    )
    assert list(api.table) == [key for key, _ in rows if key not in {"k07", "k31"}]
    assert len(api.bodies()) <= 3 + 2 * 2 * 5 + 2
    names = [headers["Idempotency-Key"] for method, _, headers, _ in api.requests if method == "POST"]
    assert len(set(names)) == len(names)
    assert api.bodies("PUT")[0]["rejected"] == [{"key": key, "reason": reason} for key, reason in receipt.rejected]


def test_rows_that_the_answer_names_are_left_out_and_the_rest_is_sent_again(api, home, tmp_path):
    refused = {"rejected": [{"key": "b", "reason": "no consent"}, {"key": "d", "reason": "no consent"}]}
    api.spoilt_by = {"b": (422, refused), "d": (422, refused)}
    sync = written(tmp_path, [(key, "x") for key in "abcde"])
    assert sent(opened(api.settings(), home), sync).rejected == (("b", "no consent"), ("d", "no consent"))
    assert [len(body["rows"]) for body in api.bodies()] == [5, 3]
    assert list(api.table) == ["a", "c", "e"]


def test_requests_that_are_too_large_become_smaller_and_stay_so(api, home, tmp_path):
    api.largest = 1000
    rows = [(f"k{n:02}", "x" * (2000 if n == 3 else 80)) for n in range(64)]
    receipt = sent(opened(api.settings(rows_per_request=32), home), written(tmp_path, rows))
    assert receipt.rejected == (("k03", "refused alone (HTTP 413)"),)
    assert list(api.table) == [key for key, _ in rows if key != "k03"]
    refused = [len(content) for content in api.contents if len(content) > api.largest]
    assert len(refused) <= 7  # six to find the one row, one for the size; none in the second half
    assert all(len(content) <= 2 * api.largest for content in api.contents[len(api.contents) // 2 :])


def test_a_receiver_that_takes_no_row_at_all_fails_the_sync_and_is_not_asked_row_by_row_for_ever(
    api, home, tmp_path, monkeypatch
):
    module = "dagster_project.activation.feeds.destinations.http_rows"
    monkeypatch.setattr(f"{module}.MAX_UNHEARD", 4)
    rows = [(f"k{n:03}", "x") for n in range(200)]
    api.spoilt_by = {key: (422, None) for key, _ in rows}
    with pytest.raises(DestinationFailed, match=r"refuses the whole request \(HTTP 422\); look at what it expects"):
        sent(opened(api.settings(), home), written(tmp_path, rows))
    assert len(api.bodies()) < 20
    del api.spoilt_by["k000"]
    monkeypatch.setattr(f"{module}.MAX_DIVIDED", 10)
    api.requests.clear()
    with pytest.raises(DestinationFailed, match=r"refused more than 10 requests of one sync, the last with HTTP 422"):
        sent(opened(api.settings(), home), written(tmp_path, rows, (), SECOND))
    assert len(api.bodies()) < 30


def test_a_row_that_spoils_its_request_is_tried_again_alone_and_holds_nothing_else_back(api, home):
    engine = Engine(home, api.settings())
    api.spoilt_by = {"b": (422, {"message": "not yet"})}
    engine.put({"a": "1", "b": "2", "c": "3"})
    assert engine.sync().rejected_reasons == {"refused alone (HTTP 422): not yet": 1}
    again = engine.sync()
    assert (again.status, again.counts.added, again.rejected) == ("delivered", 1, 1)
    api.spoilt_by = {}
    assert engine.sync().rejected == 0
    assert api.table.keys() == {"a", "b", "c"}
    assert engine.sync().status == "unchanged"
