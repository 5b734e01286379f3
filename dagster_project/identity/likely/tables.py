"""The shape of what probabilistic links put out, one place for the dbt model, the code and the tests."""

import pyarrow as pa

# Named like no comparison: the weight that a pair starts from, before anything about it is compared.
PRIOR = "prior"

# One row per pair of records and comparison, the prior included: the weights of a pair add up to its match_weight.
WEIGHTS = pa.schema(
    [
        ("left_key", pa.int64()),
        ("right_key", pa.int64()),
        ("match_weight", pa.float64()),
        ("match_probability", pa.float64()),
        ("status", pa.string()),
        ("position", pa.int64()),
        ("comparison", pa.string()),
        ("level", pa.string()),
        ("weight", pa.float64()),
    ]
)
