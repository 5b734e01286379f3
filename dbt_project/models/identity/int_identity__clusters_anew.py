from dagster_project.identity.assign import clusters, clusters_anew


def model(dbt, session):
    dbt.config(materialized="table")
    given = (
        dbt.ref("identity_kinds").to_arrow_table(),
        dbt.ref("identifiers"),
        dbt.ref("int_identity__edges"),
        dbt.ref("int_identity__overrides").to_arrow_table(),
    )
    touched = dbt.source("run", "touched_identifiers")
    # The table that keeps them reads this one, so dbt knows no way back.
    is_kept = len(session.sql("from duckdb_tables() where table_name = 'int_identity__clusters'"))
    if not is_kept or len(touched.filter("identifier_key is null")):
        return clusters(*given)
    kept = session.table(f"{dbt.this.schema}.int_identity__clusters")
    return clusters_anew(*given, kept, touched.project("identifier_key"), session.from_arrow)
