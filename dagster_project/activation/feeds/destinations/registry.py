"""The types of destinations by the word that YAML uses, each loaded when a feed uses it.

A run without, say, an SFTP feed does not pay for the SFTP library.
"""

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

from pydantic import BaseModel, ValidationError

from dagster_project.activation.feeds.destinations.protocol import Destination, DestinationFailed
from dagster_project.activation.feeds.destinations.settings import secrets_in
from dagster_project.home import Home
from dagster_project.yaml_lines import Place

Opener = Callable[[Any, Home], Destination]
SHIPPED = {  # word: (module of this package, its settings, its destination)
    "folder": ("folder", "FolderSettings", "FolderDestination"),
    "http": ("http", "HttpSettings", "HttpDestination"),
    "postgresql": ("postgresql", "PostgresqlSettings", "PostgresqlDestination"),
    "s3": ("s3", "S3Settings", "S3Destination"),
    "sftp": ("sftp", "SftpSettings", "SftpDestination"),
}
_REGISTERED: dict[str, tuple[type[BaseModel], Opener]] = {}


class DestinationFaults(ValueError):
    """What is wrong with a `destination` block: (place within it, what is wrong and what to do)."""

    def __init__(self, faults: list[tuple[Place, str]]):
        self.faults = faults
        super().__init__("; ".join(".".join(map(str, place)) + ": " + words for place, words in faults))


def register(word: str, settings: type[BaseModel], opener: Opener) -> None:
    """Make `type: <word>` known: `settings` checks the YAML, `opener` makes the destination for a home."""
    _REGISTERED[word] = (settings, opener)


def checked_destination(given: dict[str, Any]) -> dict[str, Any]:
    """`given` with its defaults. Raises DestinationFaults: unknown type, a secret, or what its settings say is
    wrong. No message holds a value of the block.
    """
    word = given.get("type")
    if not isinstance(word, str) or word not in {*SHIPPED, *_REGISTERED}:
        raise DestinationFaults(
            [(("type",), f"unknown type {word!r}; known: {', '.join(sorted({*SHIPPED, *_REGISTERED}))}")]
        )
    secret = list(secrets_in(given))
    if secret:
        raise DestinationFaults([(place, _out_of_yaml(str(place[-1]))) for place in secret])
    try:
        return _known(word)[0].model_validate(given).model_dump(mode="json", by_alias=True)
    except ValidationError as error:
        raise DestinationFaults([(_place(fault["loc"]), _words(fault, word)) for fault in error.errors()]) from None


def open_destination(given: dict[str, Any], home: Home) -> Destination:
    """The destination that a feed's `destination` block names, for this home. Reaches for nothing yet."""
    settings, opener = _known(given["type"])
    return opener(settings.model_validate(given), home)


def destination_identity(given: dict[str, Any]) -> str:
    """Which receiver a checked block means: the same text where only secrets, limits or certificates differ."""
    settings = _known(given["type"])[0]
    where = getattr(settings, "WHERE", ()) or sorted(settings.model_fields)
    return json.dumps({"type": given["type"]} | {name: given.get(name) for name in where}, ensure_ascii=False)


def _known(word: str) -> tuple[type[BaseModel], Opener]:
    if word in _REGISTERED:
        return _REGISTERED[word]
    if word not in SHIPPED:
        raise DestinationFailed(f"destinations of type {word} are not known any more; register the type again")
    module, settings, opener = SHIPPED[word]
    loaded = import_module(f"dagster_project.activation.feeds.destinations.{module}")
    return getattr(loaded, settings), getattr(loaded, opener)


def _out_of_yaml(word: str) -> str:
    return (
        "secrets do not belong in YAML; put it into an environment variable and name that:"
        f" `{word}_env: KIZUNA_{word.upper()}`"
    )


def _place(location: tuple[int | str, ...]) -> Place:
    return tuple(part for part in location if part != "[key]")


def _words(fault: Any, word: str) -> str:
    if fault["type"] == "extra_forbidden":
        return f"is not a setting of a destination of type {word}"
    if fault["type"] == "missing":
        return "is missing"
    return str(fault["msg"]).removeprefix("Value error, ")
