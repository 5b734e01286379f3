"""What the YAML of an HTTP batch API says."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from dagster_project.activation.feeds.destinations.settings import PublicFile, Remote, Settings, Url, Variable

NAME = r"^[A-Za-z_][A-Za-z0-9_-]*$"


class Answer(Settings):
    """The words of the receiver's answer: a list of refused rows, each with its key or its place in the request."""

    rejected: str = Field(default="rejected", pattern=NAME)
    key: str = Field(default="key", pattern=NAME)
    index: str = Field(default="index", pattern=NAME)
    reason: str = Field(default="reason", pattern=NAME)


class HttpSettings(Remote):
    """`type: http`. `url` takes rows; `deletes_url` (default: `url`) takes keys to delete; `syncs_url`, where the
    receiver has one, takes the manifest and says later which syncs it has.
    """

    WHERE: ClassVar[tuple[str, ...]] = ("url",)
    type: Literal["http"]
    url: Url
    deletes_url: Url | None = None
    syncs_url: Url | None = None
    token_env: Variable | None = None  # sent as `Authorization: Bearer ...`
    headers_env: dict[str, Variable] = Field(default_factory=dict)
    rows_field: str = Field(default="rows", pattern=NAME)
    rows_per_request: int = Field(default=500, ge=1, le=100_000)
    bytes_per_request: int = Field(default=1_000_000, ge=1_000, le=100_000_000)
    answer: Answer = Answer()
    certificates: PublicFile | None = None  # of the receiver's own authority, in place of the public ones

    @field_validator("headers_env")
    @classmethod
    def _headers(cls, headers: dict[str, str]) -> dict[str, str]:
        if not all(name.replace("-", "").isalnum() and name.isascii() for name in headers):
            raise ValueError("names of headers are letters, digits and -")
        return headers
