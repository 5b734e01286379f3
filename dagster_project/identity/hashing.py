"""The hash of an identifier, as `macros/portable/identifiers.sql` computes it in SQL."""

import hashlib


def identifier_hash(salt: str, kind: str, value: str) -> str:
    """32 hexadecimal digits of SHA-256 over `salt|kind|value`; `value` is normalised already."""
    return hashlib.sha256(f"{salt}|{kind}|{value}".encode()).hexdigest()[:32]


def identifier_key(hashed: str) -> int:
    """The 60-bit integer that joins use, from an identifier hash."""
    return int(hashed[:15], 16)
