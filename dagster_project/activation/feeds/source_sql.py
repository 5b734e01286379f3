"""What SQL a feed may be declared with: one SELECT over marts, whose answer depends on the marts alone.

A feed's YAML is written by people who are not trusted with the warehouse: everything is parsed, and what runs
is the SQL generated back from the parse tree, never the text as it came.
"""

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

# Each would make rows differ from run to run though no mart did, or reach outside the marts.
UNSTABLE = (
    exp.Rand,
    exp.Randn,
    exp.Uuid,
    exp.CurrentDate,
    exp.CurrentTimestamp,
    exp.CurrentTime,
    exp.Localtime,
    exp.Localtimestamp,
    exp.TableSample,
)
UNSTABLE_NAMES = {
    "now",
    "today",
    "get_current_timestamp",
    "get_current_time",
    "nextval",
    "currval",
    "setseed",
    "getvariable",
    "getenv",
    "current_setting",
    "random",
    "uuidv4",
    "uuidv7",
    "gen_random_uuid",
    "transaction_timestamp",
    "txid_current",
    "pg_backend_pid",
    "in_search_path",
    "which_secret",
    "write_log",
}
CHANGES = (
    exp.DDL,
    exp.DML,
    exp.Command,
    exp.Copy,
    exp.Attach,
    exp.Detach,
    exp.Pragma,
    exp.Set,
    exp.Drop,
    exp.Into,
    exp.Alter,
    exp.Use,
)


class SqlRefused(ValueError):
    """SQL that a feed may not hold; the message says why."""


def checked_select(sql: str) -> str:
    """`sql` as it will run (DuckDB's dialect, comments dropped). Raises SqlRefused."""
    tree = _only_statement(sql)
    if not isinstance(tree, exp.Select | exp.SetOperation):
        raise SqlRefused("must be a single SELECT")
    _refuse_unstable(tree)
    named_inside = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    for node in tree.walk():
        # DDL is also the base class of a plain query in sqlglot.
        if isinstance(node, CHANGES) and not isinstance(node, exp.Query):
            raise SqlRefused("must only read")
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            raise SqlRefused(f"may not read from a function: {table.this.sql(dialect='duckdb')[:60]}")
        schema = table.text("db").lower()
        if table.text("catalog") or (schema and schema != "marts"):
            raise SqlRefused(f"may read schema marts alone, not {table.sql(dialect='duckdb')}")
        if not schema and table.name.lower() not in named_inside:
            raise SqlRefused(f"reads '{table.name}': write marts.{table.name} for a mart")
    return tree.sql(dialect="duckdb", comments=False)


def checked_expression(text: str) -> str:
    """One scalar expression over the source's columns, as it will run. Raises SqlRefused."""
    tree = _only_statement(f"select {text}")
    plain = (
        isinstance(tree, exp.Select)
        and len(tree.expressions) == 1
        and not any(value for name, value in tree.args.items() if name != "expressions" and value)
    )
    if not plain:
        raise SqlRefused("must be one expression")
    expression = tree.expressions[0]
    if isinstance(expression, exp.Alias):
        raise SqlRefused("must be one expression without 'as'; the column's name stands in `name`")
    many = (exp.Query, exp.Table, exp.Star, exp.AggFunc, exp.Window, exp.Explode, exp.Unnest, exp.Subquery)
    if isinstance(expression, many) or expression.find(*many):
        raise SqlRefused("must be computed from one row; put aggregates, lists and subqueries into source.sql")
    _refuse_unstable(expression)
    return expression.sql(dialect="duckdb", comments=False)


def _only_statement(sql: str) -> exp.Expr:
    try:
        statements = [statement for statement in sqlglot.parse(sql, read="duckdb") if statement is not None]
    except SqlglotError as error:
        places = getattr(error, "errors", None) or [{}]
        where = f" (line {places[0]['line']} of the SQL)" if places[0].get("line") else ""
        raise SqlRefused(f"cannot be parsed{where}: {places[0].get('description') or 'not SQL'}") from None
    if len(statements) != 1:
        raise SqlRefused("must be a single SELECT")
    return statements[0]


def _refuse_unstable(tree: exp.Expr) -> None:
    for node in tree.find_all(*UNSTABLE, exp.Anonymous):
        if isinstance(node, UNSTABLE) or node.name.lower() in UNSTABLE_NAMES or _is_age_by_now(node):
            raise SqlRefused(
                f"may not hold {node.sql(dialect='duckdb').strip()[:60]}: rows would differ from run to run"
            )


def _is_age_by_now(node: exp.Expr) -> bool:
    return node.name.lower() == "age" and len(node.expressions) == 1
