"""Names that the tests of this tier use; the fixtures are the session's, see tests/conftest.py."""

from tests.conftest import KIZUNA, LAST_DAY, Shop

__all__ = ["KIZUNA", "LAST_DAY", "Shop"]
