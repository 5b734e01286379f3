{{ config(materialized='view') }}

with

customer_identifiers as (
    select
        customer_id,
        identifier_kind,
        identifier_hash,
        first_seen_at,
        last_seen_at,
        sources
    from {{ ref('identity_map') }}
    where customer_id is not null
)

select * from customer_identifiers
