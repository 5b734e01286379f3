from dagster_project.identity.assign import clusters


def model(dbt, session):
    dbt.config(materialized="table")
    return clusters(
        dbt.ref("identity_kinds").to_arrow_table(),
        dbt.ref("identifiers"),
        dbt.ref("int_identity__edges"),
        dbt.ref("int_identity__overrides").to_arrow_table(),
    )
