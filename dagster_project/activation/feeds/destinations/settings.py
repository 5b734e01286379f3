"""What settings of remote destinations have in common: their words, and what YAML may never hold.

Secrets come from the environment: YAML names the variable. Files that YAML names (known hosts, certificates) are
public; their contents are never printed.
"""

import ipaddress
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from dagster_project.activation.feeds.destinations.protocol import DestinationFailed
from dagster_project.project import seeds

SECRET_WORDS = re.compile(
    r"passw|passphrase|secret|token|credential|authorization|bearer|api_?key|access_?key|private_?key|dsn",
    re.IGNORECASE,
)


class Settings(BaseModel):
    """A `destination` block: frozen, and a word that it does not know is a fault.

    `WHERE` names the settings that say which receiver this is; a change in another one is still the same receiver.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    WHERE: ClassVar[tuple[str, ...]] = ()


class Remote(Settings):
    """How long to wait for a receiver, and how often to try: seconds for one request; tries of one request, and
    seconds for all of them together.
    """

    timeout_seconds: float = Field(default=30, gt=0, le=3600)
    attempts: int = Field(default=5, ge=1, le=20)
    give_up_after_seconds: float = Field(default=300, gt=0, le=86_400)


def _variable(name: str) -> str:
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", name):
        raise ValueError("must be the name of an environment variable (capitals, digits and _), not the secret itself")
    if name == "KIZUNA_SALT":
        raise ValueError("KIZUNA_SALT is never sent anywhere")
    return name


def _host(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        label = r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
        if len(text) > 253 or not re.fullmatch(rf"{label}(\.{label})*", text):
            raise ValueError("must be a host's name or address, without scheme, user, port or path") from None
    return text


def _prefix(text: str) -> str:
    path = PurePosixPath(text)
    if ".." in path.parts or any(ord(sign) < 32 or sign in "\\~" for sign in text):
        raise ValueError("must be a plain path without '..'")
    return text.rstrip("/") or text


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("is not a URL") from None
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user or a password: put secrets into the environment and name the variable")
    if parts.query or parts.fragment:
        raise ValueError("must have no query: put secrets into the environment and name the variable")
    if parts.scheme not in {"https", "http"} or not host:
        raise ValueError("must begin with https://")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("must begin with https://; http:// is allowed to this machine alone")
    return text.rstrip("/")


def _file(text: str) -> str:
    if not text or "\0" in text or ".." in Path(text).parts:
        raise ValueError("must be a file's path without '..': absolute, from ~, or from the folder seeds/feeds")
    return text


Variable = Annotated[str, AfterValidator(_variable)]
Host = Annotated[str, AfterValidator(_host)]
Prefix = Annotated[str, AfterValidator(_prefix)]
Url = Annotated[str, AfterValidator(_url)]
PublicFile = Annotated[str, AfterValidator(_file)]


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def public_file(text: str) -> Path:
    """Where a file named in YAML lies."""
    path = Path(text).expanduser()
    return path if path.is_absolute() else seeds() / "feeds" / path


def from_environment(variable: str, what: str, host: str) -> str:
    """The secret in `variable`. Raises DestinationFailed where it is not set."""
    value = os.environ.get(variable, "").strip("\r\n")
    if not value:
        raise DestinationFailed(
            f"{host}: its {what} is missing; set the environment variable {variable}", sent_nothing=True
        )
    return value


def secrets_in(given: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places in a `destination` block where a secret stands, or would stand. `*_env` names variables."""
    if isinstance(given, dict):
        for word, value in given.items():
            if str(word).endswith("_env"):
                continue
            if SECRET_WORDS.search(str(word)):
                yield (*place, word)
            else:
                yield from secrets_in(value, (*place, word))
    elif isinstance(given, list):
        for position, value in enumerate(given):
            yield from secrets_in(value, (*place, position))
