"""How often Python looks for garbage in cycles. Nearly all of ours is freed as soon as nobody refers to it."""

import gc

# The parsed dbt project and three large libraries are a million objects that stay: at Python's own 700, walking them
# again and again is a tenth of the processor time of a run on the sample. Peak memory is the same.
OBJECTS_BETWEEN = 50_000


def collect_rarely() -> None:
    """Let that many objects come before the next search; what must go at once is collected where it must."""
    gc.set_threshold(OBJECTS_BETWEEN)
