"""What SQL `probabilistic.yml` may hold: one expression over named columns and functions that look at values alone.

What runs is the SQL generated back from the parse tree, never the text as it came.
"""

from collections.abc import Collection

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

FUNCTIONS = frozenset(
    {
        *("abs", "bit_count", "cast", "coalesce", "concat", "damerau_levenshtein", "greatest"),
        *("jaro_winkler_similarity", "least", "left", "len", "length", "levenshtein", "lower", "nullif"),
        *("replace", "right", "round", "split_part", "starts_with", "substr", "substring", "upper"),
    }
)
# What is no function though the parser's tree has it as one.
_OPERATORS = (exp.And, exp.Or, exp.Xor, exp.Case, exp.If, exp.Cast)


def checked(text: str, columns: Collection[str]) -> str:
    """`text` as it will run. Raises ValueError, whose message says why it may not."""
    try:
        tree = sqlglot.parse_one(f"select {text}", read="duckdb")
    except SqlglotError:
        raise ValueError("is not an SQL expression") from None
    plain = (
        isinstance(tree, exp.Select)
        and len(tree.expressions) == 1
        and not any(value for name, value in tree.args.items() if name != "expressions" and value)
    )
    if not plain or isinstance(tree.expressions[0], exp.Alias | exp.Star):
        raise ValueError("is not one SQL expression")
    expression = tree.expressions[0]
    if expression.find(exp.Query, exp.Window, exp.AggFunc, exp.Lambda, exp.Placeholder, exp.Parameter):
        raise ValueError("must be computed from the two records alone")
    for column in expression.find_all(exp.Column):
        if column.table or column.name not in columns:
            raise ValueError(f"{column.sql()} is no column; columns are {', '.join(sorted(columns))}")
    for function in expression.find_all(exp.Func):
        if isinstance(function, _OPERATORS):
            continue
        name = function.sql(dialect="duckdb").split("(")[0].lower()
        if name not in FUNCTIONS:
            raise ValueError(f"{name} is no function here; functions are {', '.join(sorted(FUNCTIONS))}")
    return expression.sql(dialect="duckdb", comments=False)
