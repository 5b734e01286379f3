"""One receiver's HTTP: requests with its proofs, time limits and tries, and its failures in words."""

import email.utils
import json
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NewConnectionError

from dagster_project.activation.feeds.destinations.http_settings import HttpSettings
from dagster_project.activation.feeds.destinations.persistence import persistently
from dagster_project.activation.feeds.destinations.protocol import DestinationFailed
from dagster_project.activation.feeds.destinations.settings import from_environment, is_loopback, public_file

PASSING = {408, 409, 425, 429, 500, 502, 503, 504}  # 409: the same request is being worked on
UNTAKEN = {401, 403, 404, 405, 413, 429}  # a receiver that answers so has taken no row of the request
TOO_LARGE = 413
FOR_ITS_ROWS = {400, TOO_LARGE, 422}  # fewer rows, or other ones, may be taken; a 404 or 401 is about no row
LONGEST_ANSWER = 16_000_000  # bytes
REMEDIES = {
    404: "look at the URL",
    413: "send fewer rows a request (`bytes_per_request`)",
    **dict.fromkeys(range(300, 400), "it leads elsewhere: write the URL as it is now"),
}


class RequestRefused(DestinationFailed):
    """A request that is refused as a whole, perhaps for the sake of some of its rows. `answer`: its JSON, or None."""

    def __init__(self, message: str, status: int, answer: Any):
        super().__init__(message)
        self.status, self.answer = status, answer


class Caller:
    """A session with the receiver. `may_have_arrived`: some request may have come through since it began."""

    def __init__(self, settings: HttpSettings):
        self.settings = settings
        self.may_have_arrived = False
        self.session = requests.Session()
        self.session.trust_env = not is_loopback(urlsplit(settings.url).hostname or "")  # no proxy to this machine
        self.session.headers.update({"Content-Type": "application/json", "Accept": "application/json"})
        self.session.auth = _Proofs(settings)

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def ask(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        missing_ok: bool = False,
    ) -> Any:
        """The answer's JSON, None where it has none, after as many tries as are allowed. With `missing_ok`, None is
        also the answer of 404. Raises DestinationFailed; RequestRefused where its rows may be to blame.
        """

        def once() -> Any:
            answer, content = self._once(method, url, body, headers or {})
            status = answer.status_code
            if missing_ok and status == 404:
                return None
            if 200 <= status < 300:
                return _json(content)
            failed = self._refused(urlsplit(url).netloc, status, answer.headers.get("Retry-After"))
            raise RequestRefused(str(failed), status, _json(content)) if status in FOR_ITS_ROWS else failed

        return persistently(self.settings, once)

    def _once(
        self, method: str, url: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[requests.Response, bytes]:
        settings, host, seconds = self.settings, urlsplit(url).netloc, self.settings.timeout_seconds
        try:
            with self.session.request(
                method,
                url,
                data=body,
                headers=headers,
                timeout=seconds,
                allow_redirects=False,  # rows and proofs go where the YAML says, nowhere else
                verify=str(public_file(settings.certificates)) if settings.certificates else True,
                stream=True,
            ) as answer:
                status = answer.status_code
                self.may_have_arrived |= status not in UNTAKEN and not 300 <= status < 400
                return answer, _content(answer, monotonic() + seconds)
        except requests.exceptions.SSLError:
            words = "its certificate is not trusted; name its authority's file as `certificates`"
            raise DestinationFailed(f"{host}: {words}") from None
        except requests.exceptions.ConnectTimeout:
            raise DestinationFailed(f"{host} cannot be reached; look at its address", True) from None
        except requests.exceptions.Timeout:
            self.may_have_arrived = True
            words = f"did not answer within {seconds:g} s; send fewer rows a request, or wait longer"
            raise DestinationFailed(f"{host} {words}", True) from None
        except requests.exceptions.ConnectionError as error:
            self.may_have_arrived |= not isinstance(getattr(error.args[0], "reason", None), NewConnectionError)
            raise DestinationFailed(f"{host}: no connection, or it broke; look whether it is up", True) from None
        except requests.exceptions.ChunkedEncodingError:
            raise DestinationFailed(f"{host}: its answer broke off; look whether it is up", True) from None
        except (requests.exceptions.RequestException, OSError, ValueError) as error:
            words = f"the request cannot be made ({type(error).__name__}); look at its URL, certificates and headers"
            raise DestinationFailed(f"{host}: {words}") from None

    def _refused(self, host: str, status: int, retry_after: str | None) -> DestinationFailed:
        if status in PASSING:
            words = "has too much to do" if status == 429 else "does not work as it should"
            return DestinationFailed(f"{host} {words} (HTTP {status}); try later", True, _seconds(retry_after))
        if status in {401, 403}:
            proofs = [name for name in (self.settings.token_env, *self.settings.headers_env.values()) if name]
            named = " and ".join(proofs) or "token_env, which is not given"
            return DestinationFailed(f"{host} refuses the caller (HTTP {status}); look at {named}")
        remedy = REMEDIES.get(status, "look at what it expects of a request")
        return DestinationFailed(f"{host} refuses the whole request (HTTP {status}); {remedy}")


class _Proofs(requests.auth.AuthBase):
    """The caller's headers. As `auth`, so that no file of the machine (.netrc) takes their place."""

    def __init__(self, settings: HttpSettings):
        host = urlsplit(settings.url).netloc
        self.headers = {
            name: from_environment(variable, f"header {name}", host) for name, variable in settings.headers_env.items()
        }
        if settings.token_env:
            self.headers["Authorization"] = f"Bearer {from_environment(settings.token_env, 'token', host)}"
        for name, value in self.headers.items():
            # Further down, an error would quote the value.
            if not (value.isascii() and value.isprintable()):
                words = f"what the environment gives for its header {name} is not plain text of one line; correct it"
                raise DestinationFailed(f"{host}: {words}", sent_nothing=True)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self.headers)
        return request


def _json(content: bytes) -> Any:
    """None for an answer in prose: it refuses no row."""
    try:
        return json.loads(content) if content else None
    except ValueError:
        return None


def _content(answer: requests.Response, deadline: float) -> bytes:
    """The answer's body. Raises requests' Timeout where it drips for too long, or never ends."""
    content = b""
    for chunk in answer.iter_content(65_536):
        content += chunk
        if monotonic() > deadline or len(content) > LONGEST_ANSWER:
            raise requests.exceptions.ReadTimeout
    return content


def _seconds(retry_after: str | None) -> float | None:
    """Seconds of a Retry-After header, which holds seconds or a date (RFC 9110, 10.2.3)."""
    if not retry_after:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
