"""The HTTP destination against a receiver that refuses rows, throttles, hangs and breaks off."""

import json
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from dagster_project.activation.feeds.destinations import DestinationFailed
from dagster_project.activation.feeds.destinations.http import HttpDestination
from dagster_project.errors import StageFailed
from tests.ports import free_port
from tests.services.http_receiver import CUT_AFTER, CUT_BEFORE, HALF, HANG, receiver
from tests.services.syncs import SECOND, Engine, Killed, killed_after, opened, sent, written


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_rows_arrive_typed_in_requests_of_the_size_that_is_set_and_the_manifest_last(
    api, home, tmp_path, monkeypatch, suffix
):
    monkeypatch.setenv("KIZUNA_TOKEN", "a-token")
    monkeypatch.setenv("KIZUNA_ACCOUNT", "account 7")
    columns = (("key", "string"), ("name", "string"), ("n", "integer"), ("sales", "number"), ("is_on", "boolean"))
    rows = [
        ("a", 'q"u,o\nted 🌸', 9007199254740993, 12.5, True),
        ("b", None, None, None, None),
        ("c", "x", 0, 0, False),
    ]
    text = [
        ["" if cell is None else str(cell).lower() if isinstance(cell, bool) else cell for cell in row] for row in rows
    ]
    sync = written(tmp_path, text if suffix == "csv" else rows, ("gone",), columns=columns, suffix=suffix)
    destination = opened(
        api.settings(
            token_env="KIZUNA_TOKEN",
            headers_env={"X-Account": "KIZUNA_ACCOUNT"},
            syncs_url=api.url.replace("rows", "syncs"),
            rows_per_request=2,
        ),
        home,
    )
    api.table["gone"] = {}
    assert sent(destination, sync).place == api.url
    assert list(api.table.values()) == [dict(zip([name for name, _ in columns], row, strict=True)) for row in rows]
    assert [(body["op"], len(body["rows"])) for body in api.bodies()] == [("upsert", 2), ("upsert", 1), ("delete", 1)]
    assert {(body["feed_id"], body["sync_id"], body["key"]) for body in api.bodies()} == {(*sync.id, "key")}
    assert [method for method, *_ in api.requests] == ["POST", "POST", "POST", "PUT"]
    assert api.requests[-1][1] == f"/syncs/things/{sync.sync_id}"
    assert api.bodies("PUT")[0] == json.loads((sync.folder / "manifest.json").read_text()) | {"rejected": []}
    assert len({headers["Idempotency-Key"] for _, _, headers, _ in api.requests[:3]}) == 3
    assert all(
        headers["Authorization"] == "Bearer a-token" and headers["X-Account"] == "account 7"
        for _, _, headers, _ in api.requests
    )


def test_money_keeps_every_digit(api, home, tmp_path):
    sync = written(tmp_path, [("a", "123456789012345678.25")], columns=(("key", "string"), ("sales", "number")))
    sent(opened(api.settings(), home), sync)
    assert b'"sales": 123456789012345678.25' in api.contents[0]


def test_a_request_is_no_larger_than_set_and_a_large_row_goes_alone(api, home, tmp_path):
    sync = written(tmp_path, [(f"k{n}", "x" * (2000 if n == 3 else 300)) for n in range(9)])
    sent(opened(api.settings(bytes_per_request=1000), home), sync)
    assert [len(body["rows"]) for body in api.bodies()] == [3, 1, 3, 2]
    assert len(api.table) == 9


def test_refused_rows_come_with_the_reason_but_without_the_row_s_values(api, home, tmp_path):
    api.refuses = {"u-2": "u-2: 資生堂花子 <hanako@example.jp> has no consent, call 090-1234-5678", "u-3": ""}
    sync = written(tmp_path, [("u-1", "x"), ("u-2", "資生堂花子"), ("u-3", "y")])
    assert sent(opened(api.settings(), home), sync).rejected == (
        ("u-2", "…: … <…> has no consent, call …"),
        ("u-3", "refused without a reason"),
    )


def test_rows_may_be_refused_by_place_in_words_of_the_receiver_s_own(api, home, tmp_path):
    api.answer_of = lambda keys: {"errors": [{"at": keys.index("b"), "message": "unknown user"}]}
    sync = written(tmp_path, [("a", "1"), ("b", "2")])
    own_words = {"rejected": "errors", "index": "at", "reason": "message"}
    assert sent(opened(api.settings(answer=own_words), home), sync).rejected == (("b", "unknown user"),)


@pytest.mark.parametrize("answer", [{"rejected": [{"id": "a"}]}, {"rejected": 3}, {"rejected": [{"index": 9}]}])
def test_a_refusal_that_is_not_understood_fails_rather_than_passes_for_accepted(api, home, tmp_path, answer):
    api.answer_of = lambda keys: answer
    with pytest.raises(DestinationFailed, match="refuses rows in words that are not understood; look at `answer`"):
        sent(opened(api.settings(), home), written(tmp_path, [("a", "1")]))


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_receiver_that_throttles_is_left_alone_for_as_long_as_it_asks(api, home, tmp_path, waits, form):
    asked = "7" if form == "seconds" else format_datetime(datetime.now(UTC) + timedelta(seconds=8), usegmt=True)
    api.script = [(429, {"Retry-After": asked}), (503, {"Retry-After": asked})]
    sent(opened(api.settings(), home), written(tmp_path, [("a", "1")]))
    assert len(waits) == 2
    assert all(5 < wait < 9 for wait in waits)
    assert list(api.table) == ["a"]


def test_a_receiver_that_asks_for_too_long_is_not_waited_for(api, home, tmp_path, waits):
    api.script = [(429, {"Retry-After": "86400"})]
    with pytest.raises(DestinationFailed, match=r"has too much to do \(HTTP 429\); try later"):
        sent(opened(api.settings(), home), written(tmp_path, [("a", "1")]))
    assert waits == []


def test_waits_grow_at_random_and_end(api, home, tmp_path, waits):
    api.script = [(500, {})] * 20
    with pytest.raises(DestinationFailed, match=r"should \(HTTP 500\); try later \(tried 8 times\)"):
        sent(opened(api.settings(attempts=8), home), written(tmp_path, [("a", "1")]))
    assert len(waits) == 7
    assert len(set(waits)) == 7
    assert all(wait <= 0.5 * 2**n for n, wait in enumerate(waits))


@pytest.mark.parametrize("act", [HANG, CUT_BEFORE, CUT_AFTER, HALF])
def test_a_request_that_breaks_is_repeated_under_the_same_name_and_taken_once(api, home, tmp_path, waits, act):
    taken = []
    take = api.take
    api.take = lambda body: taken.append(len(body["rows"])) or take(body)
    api.script = ["ok", act]
    sync = written(tmp_path, [("a", "1"), ("b", "2"), ("c", "3")])
    sent(opened(api.settings(rows_per_request=2, timeout_seconds=0.3), home), sync)
    names = [headers["Idempotency-Key"] for _, _, headers, _ in api.requests]
    assert names[1] == names[2] != names[0]
    assert taken == [2, 1]
    assert list(api.table) == ["a", "b", "c"]
    assert len(waits) == 1


def test_a_send_that_breaks_for_good_says_whether_anything_can_have_arrived(api, home, tmp_path, waits):
    sync = written(tmp_path, [("a", "1"), ("b", "2")])
    api.script = ["ok", *[CUT_BEFORE] * 3]
    with pytest.raises(DestinationFailed, match=r"no connection, or it broke.*\(tried 3 times\)") as failure:
        sent(opened(api.settings(rows_per_request=1), home), sync)
    assert not failure.value.sent_nothing
    for settings in (api.settings(url=f"http://127.0.0.1:{free_port()}/rows"), api.settings(token_env="KIZUNA_NONE")):
        with pytest.raises(DestinationFailed) as failure:
            sent(opened(settings, home), sync)
        assert failure.value.sent_nothing
    api.script = [(401, {})]
    with pytest.raises(DestinationFailed) as failure:
        sent(opened(api.settings(), home), sync)
    assert failure.value.sent_nothing


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "refuses the caller (HTTP 401); look at KIZUNA_TOKEN"),
        (403, "refuses the caller (HTTP 403); look at KIZUNA_TOKEN"),
        (404, "refuses the whole request (HTTP 404); look at the URL"),
        (307, "it leads elsewhere"),
    ],
)
def test_an_answer_that_will_not_change_is_not_asked_for_twice(api, home, tmp_path, monkeypatch, waits, status, words):
    monkeypatch.setenv("KIZUNA_TOKEN", "hunter2")
    with receiver() as elsewhere:
        api.script = [(status, {"Location": elsewhere.url})]
        with pytest.raises(DestinationFailed) as failure:
            sent(opened(api.settings(token_env="KIZUNA_TOKEN"), home), written(tmp_path, [("a", "1")]))
        assert elsewhere.requests == []
    assert str(failure.value).startswith(f"127.0.0.1:{api.server_address[1]} ")
    assert words in str(failure.value)
    assert "hunter2" not in str(failure.value)
    assert waits == []
    assert len(api.requests) == 1


def test_a_secret_that_no_header_can_hold_is_not_shown(api, home, tmp_path, monkeypatch):
    monkeypatch.setenv("KIZUNA_TOKEN", "hunter2\nhunter3")
    with pytest.raises(DestinationFailed) as failure:
        sent(opened(api.settings(token_env="KIZUNA_TOKEN"), home), written(tmp_path, [("a", "1")]))
    assert "hunter" not in str(failure.value)
    assert failure.value.__cause__ is None


def test_the_receiver_says_which_syncs_it_has_and_which_rows_it_refused(api, home, tmp_path):
    api.refuses = {"b": "no such user"}
    destination = opened(api.settings(syncs_url=api.url.replace("rows", "syncs")), home)
    sync = written(tmp_path, [("a", "1"), ("b", "2")])
    assert destination.holds(sync.id) is None
    receipt = sent(destination, sync)
    assert receipt.rejected == (("b", "no such user"),)
    assert destination.holds(sync.id) == receipt
    assert destination.holds(("things", SECOND)) is None
    api.syncs = {path: {"sync_id": "known, but not what was refused"} for path in api.syncs}
    assert destination.holds(sync.id) is None
    assert opened(api.settings(), home).holds(sync.id) is None


def test_a_feed_over_http_ends_right_after_a_failure_and_refused_rows_are_tried_again(api, home, waits):
    engine = Engine(home, api.settings(syncs_url=api.url.replace("rows", "syncs")))
    engine.put({"a": "1", "b": "2"})
    api.script = [(500, {})] * 3
    with pytest.raises(StageFailed, match="HTTP 500"):
        engine.sync()
    api.refuses = {"b": "not yet"}
    assert engine.sync().rejected == 1
    api.refuses = {}
    engine.put({"b": "2", "c": "3"})
    again = engine.sync(limits={"max_removed_share": 1})
    assert (again.status, again.rejected) == ("delivered", 0)
    assert {key: (row["name"], row["amount"]) for key, row in api.table.items()} == {"b": ("2", 1.5), "c": ("3", 1.5)}
    assert engine.sync().status == "unchanged"


@pytest.mark.parametrize("asked", [True, False])
def test_killed_after_sending_the_receiver_is_asked_or_gets_the_rows_again(api, home, monkeypatch, asked):
    engine = Engine(home, api.settings(**({"syncs_url": api.url.replace("rows", "syncs")} if asked else {})))
    engine.put({"a": "1", "b": "2"})
    api.refuses = {"b": "not yet"}
    with monkeypatch.context() as patch:
        killed_after(patch, HttpDestination, "send")
        with pytest.raises(Killed):
            engine.sync()
    api.refuses = {}
    assert engine.sync().status == "delivered"
    assert [len(body["rows"]) for body in api.bodies()] == ([2, 1] if asked else [2, 2])
    assert api.table.keys() == {"a", "b"}


def test_rows_of_a_sync_that_broke_half_way_are_put_right_though_the_mart_is_as_it_was(api, home, waits):
    engine = Engine(home, api.settings(rows_per_request=1))
    engine.put({"a": "old", "c": "same"})
    engine.sync()
    engine.put({"a": "new", "b": "too early", "c": "same", "d": "never sent"})
    api.script = ["ok", "ok", *[CUT_BEFORE] * 3]
    with pytest.raises(StageFailed, match="no connection, or it broke"):
        engine.sync()
    assert api.table.keys() == {"a", "b", "c"}
    engine.put({"a": "old", "c": "same"})
    assert engine.sync(limits={"max_removed_share": 1, "max_changed_share": 1}).status == "delivered"
    assert {key: row["name"] for key, row in api.table.items()} == {"a": "old", "c": "same"}
    assert engine.sync().status == "unchanged"


def test_tls_is_verified_and_nothing_goes_to_a_server_that_cannot_be_trusted(home, tmp_path, certificates, waits):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    sync = written(tmp_path, [("a", "1")])
    with receiver(context) as server:
        for authority in (None, str(certificates.other)):
            with pytest.raises(DestinationFailed, match="its certificate is not trusted; name") as failure:
                sent(opened(server.settings(certificates=authority), home), sync)
            assert failure.value.sent_nothing
        assert server.requests == []
        sent(opened(server.settings(certificates=str(certificates.authority)), home), sync)
        assert list(server.table) == ["a"]
    assert waits == []
