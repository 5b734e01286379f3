{{ config(
    schema='pii', materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ forget_touched_identifiers('identifier_key') }}", post_hook="{{ touch_all_where_whole() }}"
) }}

with

-- Grouped by key alone, which is an integer; of several ways to write one address, the first stands. Should values that are not linked
-- as one ever share a key, both rows come out, and the test of keys stops the run.
keyed as (
    select
        sightings.identifier_key,
        min(sightings.identifier_kind) as identifier_kind,
        max(sightings.identifier_kind) as other_kind,
        min(sightings.value) as value,
        max(sightings.value) as other_value
    from {{ sightings_to_read() }} as sightings
    group by sightings.identifier_key
),

distinct_values as (
    select
        keyed.identifier_key,
        keyed.identifier_kind,
        keyed.value
    from keyed
    union all
    select
        keyed.identifier_key,
        keyed.other_kind as identifier_kind,
        keyed.other_value as value
    from keyed
    where keyed.other_kind <> keyed.identifier_kind
        or {{ linked_value_of('keyed.other_kind', 'keyed.other_value') }} <> {{ linked_value_of('keyed.identifier_kind', 'keyed.value') }}
),

hashed as (
    select
        distinct_values.identifier_key,
        {{ identifier_hash_of('distinct_values.identifier_kind', 'distinct_values.value') }} as identifier_hash,
        distinct_values.identifier_kind,
        distinct_values.value,
        '{{ invocation_id }}' as _batch
    from distinct_values
)

select * from hashed
