{{ config(schema='pii', materialized='table') }}

with

distinct_values as (
    select
        sightings.identifier_kind,
        sightings.value
    from {{ ref('int_identity__sightings') }} as sightings
    group by sightings.identifier_kind, sightings.value
),

hashed as (
    select
        {{ identifier_hash_of('distinct_values.identifier_kind', 'distinct_values.value') }} as identifier_hash,
        distinct_values.identifier_kind,
        distinct_values.value
    from distinct_values
),

keyed as (
    select
        {{ identifier_key('hashed.identifier_hash') }} as identifier_key,
        hashed.identifier_hash,
        hashed.identifier_kind,
        hashed.value
    from hashed
)

select * from keyed
