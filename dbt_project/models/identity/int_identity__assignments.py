from dagster_project.identity.assign import assignments

EDGES = """
    select edges.left_key, edges.right_key,
        cast(sum(edges.observations) as bigint) as observations, min(edges.landing_no) as landing_no
    from edges
    where edges.rule <> 'override'
    group by edges.left_key, edges.right_key
"""


def model(dbt, session):
    dbt.config(materialized="table")
    kinds = dbt.ref("identity_kinds").to_arrow_table()
    identifiers = (
        dbt.ref("identifiers")
        .project("identifier_key, identifier_kind, first_landing_no, first_landing_seen_ms, is_blocklisted")
        .to_arrow_table()
    )
    edges = dbt.ref("int_identity__edges").query("edges", EDGES).to_arrow_table()
    overrides = dbt.ref("int_identity__overrides").to_arrow_table()
    return assignments(kinds, identifiers, edges, overrides)
