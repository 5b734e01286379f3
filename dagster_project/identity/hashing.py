"""The hash of an identifier, as `macros/portable/identifiers.sql` computes it in SQL."""

import hashlib

from dagster_project.settings import effective_settings

_GMAIL = ("gmail.com", "googlemail.com")


def identifier_hash(salt: str, kind: str, value: str) -> str:
    """32 hexadecimal digits of SHA-256 over `salt|kind|value`, the value being the one that it is linked by.

    `value` is normalised already. Reads the setting gmail_aliases.
    """
    return hashlib.sha256(f"{salt}|{kind}|{linked_value(kind, value)}".encode()).hexdigest()[:32]


def linked_value(kind: str, value: str) -> str:
    """The value that an identifier is linked by, of one as it is written; macro linked_value() is its twin."""
    local, _, domain = value.partition("@")
    if kind != "email" or domain not in _GMAIL or not links_gmail_aliases():
        return value
    mailbox = local.partition("+")[0].replace(".", "")
    return f"{mailbox}@gmail.com" if mailbox else value


def links_gmail_aliases() -> bool:
    """Whether Gmail addresses that differ in dots and +tags are one identifier."""
    return effective_settings().get("gmail_aliases") == "1"


def identifier_key(hashed: str) -> int:
    """The 60-bit integer that joins use, from an identifier hash."""
    return int(hashed[:15], 16)
