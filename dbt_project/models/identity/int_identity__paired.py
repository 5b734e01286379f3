from dagster_project.identity.assign import changes


def model(dbt, session):
    dbt.config(materialized="table")
    return changes(
        dbt.ref("identity_kinds").to_arrow_table(),
        dbt.ref("identifiers"),
        dbt.ref("int_identity__edges"),
        dbt.ref("int_identity__overrides").to_arrow_table(),
        dbt.ref("int_identity__clusters"),
        dbt.ref("identity_conflicts").project("left_key, right_key").to_arrow_table(),
        dbt.ref("int_identity__likely_pairs").filter("status = 'used'").to_arrow_table(),
        session.from_arrow,
    )
