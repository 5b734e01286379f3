"""What a `destination` block may say, how its faults are named, and what it costs a run that has none."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dagster_project.activation.feeds import check_feeds
from dagster_project.activation.feeds.destinations import (
    DestinationFailed,
    DestinationFaults,
    checked_destination,
    destination_identity,
    open_destination,
)
from dagster_project.activation.feeds.destinations.rows import without_values
from dagster_project.home import Home
from dagster_project.project import ROOT

FEED = """\
feed_id: things
description: Things.
source: {table: things}
key: id
mode: mirror
columns:
  - {name: id}
destination:
"""
GOOD = {
    "folder": {},
    "http": {"url": "https://api.example.com/rows"},
    "postgresql": {"host": "db.example.com", "database": "crm", "user": "kizuna"},
    "s3": {"bucket": "kizuna-feeds"},
    "sftp": {"host": "sftp.example.com", "user": "kizuna", "known_hosts": "known_hosts", "password_env": "KIZUNA_P"},
}


def faults_of(folder: Path, block: str) -> list[str]:
    """The faults of a feed with this `destination` block (its lines)."""
    (folder / "things.yml").write_text(FEED + "".join(f"  {line}\n" for line in block.splitlines()))
    return [str(fault) for fault in check_feeds(folder)]


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_a_block_is_checked_with_its_defaults_and_can_be_checked_again(kind):
    checked = checked_destination({"type": kind, **GOOD[kind]})
    assert checked_destination(checked) == checked
    if kind != "folder":
        assert (checked["timeout_seconds"], checked["attempts"], checked["give_up_after_seconds"]) == (30, 5, 300)


@pytest.mark.parametrize(
    ("block", "line", "words"),
    [
        ("type: fax", 9, "destination.type: unknown type 'fax'; known: folder, http, postgresql, s3, sftp"),
        ("path: x", 8, "destination.type: unknown type None"),
        ("type: folder\npath: ../x", 10, "destination.path: path must be a folder below the home's feeds/"),
        ("type: s3\nbucket: Kizuna_Feeds", 10, "destination.bucket: "),
        ("type: s3\nbucket: feeds\nprefix: a/../../b", 11, "destination.prefix: must be a plain path without '..'"),
        ("type: s3\nbucket: feeds\nendpoint: http://minio.example.com", 11, "http:// is allowed to this machine alone"),
        ("type: s3\nbucket: feeds\nregion: ../x", 11, "destination.region: "),
        ("type: s3", 8, "destination.bucket: is missing"),
        ("type: http\nurl: http://api.example.com/rows", 10, "destination.url: must begin with https://"),
        ("type: http\nurl: ftp://api.example.com/rows", 10, "destination.url: must begin with https://"),
        ("type: http\nurl: https://u:hunter2@api.example.com", 10, "destination.url: holds a user or a password"),
        ("type: http\nurl: https://api.example.com/?key=hunter2", 10, "destination.url: must have no query"),
        ("type: http\nurl: https://a.jp\ntoken_env: hunter2", 11, "must be the name of an environment variable"),
        ("type: http\nurl: https://a.jp\ntoken_env: KIZUNA_SALT", 11, "KIZUNA_SALT is never sent anywhere"),
        ("type: http\nurl: https://a.jp\ntoken: hunter2", 11, "destination.token: secrets do not belong in YAML"),
        ("type: http\nurl: https://a.jp\nheaders_env:\n  X-Key: hunter2", 12, "destination.headers_env.X-Key: must be"),
        ("type: http\nurl: https://a.jp\nheaders:\n  Authorization: hunter2", 12, "secrets do not belong in YAML"),
        ("type: http\nurl: https://a.jp\nanswer: {errors: x}", 11, "destination.answer.errors: is not a setting"),
        ("type: http\nurl: https://a.jp\nattempts: 0", 11, "destination.attempts: "),
        ("type: sftp\nhost: a.jp\nuser: k\npassword_env: P", 8, "destination.known_hosts: is missing"),
        ("type: sftp\nhost: a.jp\nuser: k\nknown_hosts: h", 8, "destination: give password_env or key_file_env"),
        ("type: sftp\nhost: a.jp\nuser: k\nknown_hosts: ../h\npassword_env: P", 12, "a file's path without '..'"),
        ("type: sftp\nhost: a.jp\nuser: k\nknown_hosts: h\npassword: hunter2", 13, "`password_env: KIZUNA_PASSWORD`"),
        ("type: sftp\nhost: sftp://a.jp/x\nuser: k\nknown_hosts: h\npassword_env: P", 10, "must be a host's name"),
        (f"type: sftp\nhost: {'a' * 64}.jp\nuser: k\nknown_hosts: h\npassword_env: P", 10, "must be a host's name"),
        ("type: sftp\nhost: a.jp\nport: 0\nuser: k\nknown_hosts: h\npassword_env: P", 11, "destination.port: "),
        ("type: postgresql\nhost: a.jp\ndatabase: d\nuser: u\ntls: false", 8, "tls: false is allowed to this machine"),
        ("type: postgresql\nhost: a.jp\ndatabase: d\nuser: u\ntable: x; drop table y", 13, "destination.table: "),
        ("type: postgresql\nhost: a.jp\ndatabase: d\nuser: u\nschema: pg catalog", 13, "destination.schema: "),
    ],
)
def test_a_fault_is_named_with_its_line_and_never_with_a_secret(tmp_path, block, line, words):
    [fault] = faults_of(tmp_path, block)
    assert fault.startswith(f"seeds/feeds/things.yml:{line}: destination")
    assert words in fault
    assert "hunter2" not in fault


def test_all_faults_of_a_block_are_named_at_once(tmp_path):
    faults = faults_of(tmp_path, "type: sftp\nhost: a b\nuser: k\nknown_hosts: h\npasword_env: P\nport: x")
    assert [fault.split(": ")[1] for fault in faults] == [
        "destination.host",
        "destination.pasword_env",
        "destination.port",
    ]


def test_a_receiver_is_the_same_where_only_secrets_and_limits_differ():
    def identity(kind: str, **changes: object) -> str:
        return destination_identity(checked_destination({"type": kind, **GOOD[kind], **changes}))

    assert identity("sftp") == identity("sftp", password_env="OTHER", attempts=1, known_hosts="other")
    assert identity("sftp") != identity("sftp", path="elsewhere")
    assert identity("postgresql") != identity("postgresql", schema="crm")
    assert identity("http") == identity("http", token_env="T", rows_per_request=1)
    assert len({identity(kind) for kind in GOOD}) == len(GOOD)


def test_an_unknown_type_is_refused_without_loading_any():
    with pytest.raises(DestinationFaults):
        checked_destination({"type": "os"})
    with pytest.raises(DestinationFailed, match="destinations of type os are not known any more"):
        open_destination({"type": "os"}, Home(Path("nowhere")))


def test_a_run_without_such_feeds_does_not_load_their_libraries():
    libraries = "asyncssh", "obstore", "psycopg", "requests", "tenacity"
    program = (
        "import sys; from dagster_project.activation.feeds.declaration import load_feeds;"
        " from dagster_project.project import seeds; load_feeds(seeds() / 'feeds');"
        f" print([name for name in {libraries} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("reason", "values", "told"),
    [
        ("no user 資生堂花子様", ["資生堂花子"], "no user …様"),
        ("HANAKO@Example.JP is taken", ["hanako@example.jp"], "… is taken"),
        ("mail other.person@example.co.jp", [], "mail …"),
        ("call +81 90-1234-5678 now", [], "call … now"),
        ("gender f is not female", ["f"], "gender … is not female"),
        ("limit is 256 bytes", ["", None], "limit is 256 bytes"),
        ("two\nlines\x1b[31m", [], "two lines [31m"),
        ("abcabc abc", ["abc", "abcabc"], "… …"),
        ("x" * 300, [], "x" * 200),
    ],
)
def test_a_reason_keeps_no_value_of_the_row(reason, values, told):
    assert without_values(reason, values) == told


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_the_manual_s_example_is_valid_and_names_every_setting(kind):
    manual = (ROOT / "docs" / "destinations.md").read_text(encoding="utf-8")
    [example] = re.findall(rf"```yaml\n(destination:\n  type: {kind}\n.*?)```", manual, re.DOTALL)
    given = yaml.safe_load(example)["destination"]
    shown = checked_destination(given)
    limits = {"timeout_seconds", "attempts", "give_up_after_seconds"}
    assert set(given) == set(shown) - limits
    assert all(f"`{limit}` | {shown[limit]:g} |" in manual for limit in limits & set(shown))


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("s3", {"certificates": "{garbage}"}, "look at endpoint, and whether `certificates` is a PEM file"),
        ("s3", {"endpoint": "https://127.0.0.1:9/a b"}, "look at endpoint"),
        ("s3", {"endpoint": "https://127.0.0.1:9", "prefix": "a//b"}, "look whether it is up"),
        ("http", {"url": "https://a..jp/rows"}, "look at its URL"),
        ("http", {"url": f"https://{'a' * 70}.jp/rows"}, "look at its URL"),
        ("sftp", {"known_hosts": "{garbage}"}, "holds a line that is no known host"),
    ],
)
def test_what_only_the_client_finds_wrong_fails_the_feed_and_not_the_publish(
    tmp_path, monkeypatch, kind, changes, words
):
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "KIZUNA_P"):
        monkeypatch.setenv(variable, "x")
    (tmp_path / "garbage").write_text("garbage\n")
    (tmp_path / "data-0001.csv").write_text("key\na\n")
    columns, files = '[{"name": "key", "type": "string"}]', '[{"name": "data-0001.csv", "rows": 1}]'
    (tmp_path / "manifest.json").write_text(f'{{"key": "key", "columns": {columns}, "files": {files}}}')
    given = {word: text.format(garbage=tmp_path / "garbage") for word, text in (GOOD[kind] | changes).items()}
    home = Home.open(tmp_path / "home")
    destination = open_destination(checked_destination({"type": kind, "attempts": 1, **given}), home)
    with pytest.raises(DestinationFailed, match=re.escape(words)):
        destination.send(("things", "20250101T000000Z"), tmp_path, ["data-0001.csv", "manifest.json"])
