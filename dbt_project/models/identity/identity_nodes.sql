with

identifiers as (
    select * from {{ ref('identifiers') }}
),

identity_map as (
    select * from {{ ref('identity_map') }}
),

identity_nodes as (
    select
        identity_map.identifier_key,
        identity_map.identifier_kind,
        identity_map.identifier_hash,
        identity_map.customer_id,
        identity_map.blocked_reason,
        identifiers.is_blocklisted,
        identifiers.first_landing_no,
        identifiers.first_landing_seen_ms
    from identity_map
    inner join identifiers on identifiers.identifier_key = identity_map.identifier_key
)

select * from identity_nodes
