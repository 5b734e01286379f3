{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ forget_decided_identifiers() }}", post_hook="{% if is_incremental() %}drop table changed_clusters{% endif %}"
) }}

-- Where one of these has changed, all are decided anew.
-- depends_on: {{ ref('identity_kinds') }}
-- depends_on: {{ ref('identity_overrides') }}
with

clusters as (
    select
        identifier_key,
        anchor_key,
        blocked_reason,
        component,
        near,
        core_key,
        is_record,
        claims
    from {{ 'changed_clusters' if is_incremental() else ref('int_identity__clusters_anew') }}
)

select * from clusters
