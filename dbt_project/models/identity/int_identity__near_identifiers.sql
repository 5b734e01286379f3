{{ config(materialized='view') }}

with

clusters as (
    select * from {{ ref('int_identity__clusters') }}
),

near_identifiers as (
    select
        clusters.identifier_key,
        clusters.near as component,
        clusters.core_key,
        clusters.is_record,
        clusters.claims
    from clusters
    where clusters.near is not null
)

select * from near_identifiers
