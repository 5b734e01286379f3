{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_nodes() }}") }}

with

identifiers as (
    select * from {{ ref('identifiers') }}
),

identity_map as (
    select * from {{ ref('identity_map') }}
),

nodes as (
    select
        identity_map.identifier_key,
        identity_map.identifier_kind,
        identity_map.identifier_hash,
        identity_map.customer_id,
        identity_map.blocked_reason,
        identity_map.is_blocklisted,
        identifiers.first_landing_no,
        identifiers.first_landing_seen_ms,
        identifiers.first_seen_at,
        identifiers.last_seen_at,
        identifiers.sources,

        -- what a later run holds the row against
        identity_map.anchor_key,
        identity_map.person_first_seen_at,
        '{{ invocation_id }}' as _batch
    from identity_map
    inner join identifiers on identifiers.identifier_key = identity_map.identifier_key
    where {{ of_changed_nodes('identity_map.identifier_key') }}
)

select * from nodes
