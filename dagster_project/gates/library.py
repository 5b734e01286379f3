"""Great Expectations, imported without what no suite of this project asks of it.

Two fifths of its import are libraries of one expectation about distributions, of its charts, and of stores in the
cloud. The first two come when somebody asks for them; the last, which it does without where they are not installed,
not at all.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

LATER = ("scipy.stats", "altair")
NEVER = ("boto3", "botocore")


def load() -> Any:
    """The module `great_expectations`."""
    if "great_expectations" not in sys.modules:
        for name in LATER:
            sys.modules.setdefault(name, _Later(name))
        with _without(NEVER):
            importlib.import_module("great_expectations")
    return sys.modules["great_expectations"]


class _Later(ModuleType):
    """Stands for a module until one of its names is asked for; importlib's own LazyLoader imports it at the first
    `import` statement."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__path__":
            raise AttributeError(name)  # what looks through all modules asks for such names
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def _without(names: tuple[str, ...]) -> Iterator[None]:
    """Imports of `names` fail meanwhile, as where they are not installed; afterwards they can be imported."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: cannot be imported
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
