from dagster_project.identity.assign import assignments, changes


def model(dbt, session):
    dbt.config(materialized="table")
    clusters = dbt.ref("int_identity__clusters")
    changed = changes(
        dbt.ref("identity_kinds").to_arrow_table(),
        dbt.ref("identifiers"),
        dbt.ref("int_identity__edges"),
        dbt.ref("int_identity__overrides").to_arrow_table(),
        clusters,
        dbt.ref("identity_conflicts").project("left_key, right_key").to_arrow_table(),
        dbt.ref("int_identity__likely_pairs").filter("status = 'used'").to_arrow_table(),
        session.from_arrow,
    )
    return assignments(clusters, session.from_arrow(changed))
