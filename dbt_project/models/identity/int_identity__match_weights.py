from dagster_project.identity.likely.links import match_weights


def model(dbt, session):
    dbt.config(materialized="table")
    return match_weights(session, dbt.ref("int_identity__records"), dbt.source("run", "settings"))
