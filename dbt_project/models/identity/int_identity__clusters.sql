{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail', pre_hook="{{ forget_decided_identifiers() }}"
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
    from {{ ref('int_identity__clusters_anew') }}
)

select * from clusters
