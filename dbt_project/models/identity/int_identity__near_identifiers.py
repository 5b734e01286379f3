from dagster_project.identity.assign import near_identifiers


def model(dbt, session):
    dbt.config(materialized="table")
    return near_identifiers(
        dbt.ref("identity_kinds").to_arrow_table(),
        dbt.ref("identifiers"),
        dbt.ref("int_identity__edges"),
        dbt.ref("int_identity__overrides").to_arrow_table(),
    )
