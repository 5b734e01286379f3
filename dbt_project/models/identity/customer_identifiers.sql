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
    from {{ ref('int_identity__nodes') }}
    where customer_id is not null
)

select * from customer_identifiers
