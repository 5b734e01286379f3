with

identifiers as (
    select * from {{ ref('identifiers') }}
),

identity_map as (
    select * from {{ ref('identity_map') }}
),

customer_identifiers as (
    select
        identity_map.customer_id,
        identity_map.identifier_kind,
        identity_map.identifier_hash,
        identifiers.first_seen_at,
        identifiers.last_seen_at,
        identifiers.sources
    from identity_map
    inner join identifiers on identifiers.identifier_key = identity_map.identifier_key
    where identity_map.customer_id is not null
)

select * from customer_identifiers
