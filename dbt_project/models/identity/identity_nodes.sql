{{ config(materialized='view') }}

with

identity_nodes as (
    select
        identifier_key,
        identifier_kind,
        identifier_hash,
        customer_id,
        blocked_reason,
        is_blocklisted,
        first_landing_no,
        first_landing_seen_ms
    from {{ ref('identity_map') }}
)

select * from identity_nodes
