"""Audiences: a small language of conditions in YAML, checked when read and when bound, compiled to SQL by a library."""

from dagster_project.activation.audiences.binding import check
from dagster_project.activation.audiences.compiling import predicate
from dagster_project.activation.audiences.library import Audience, Library, read_library
from dagster_project.activation.audiences.parts import Condition
from dagster_project.activation.audiences.reading import condition_at
from dagster_project.activation.audiences.schema import Schema, prepare

__all__ = [
    "Audience",
    "Condition",
    "Library",
    "Schema",
    "check",
    "condition_at",
    "predicate",
    "prepare",
    "read_library",
]
