{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ forget_touched_identifiers('identifier_key') }}", post_hook="{{ touch_all_where_whole() }}"
) }}

with

sightings as (
    select * from {{ sightings_to_read() }}
),

kinds as (
    select * from {{ ref('identity_kinds') }}
),

identifier_values as (
    select * from {{ ref('identifier_values') }}
    where {{ of_touched_identifiers('identifier_key') }}
),

-- Landing number and time in one integer: its minimum is the first time within the first landing.
by_source as (
    select
        sightings.identifier_key,
        sightings.source,
        min(sightings.landing_no) as landing_no,
        min(sightings.landing_no * {{ landing_span() }} + {{ epoch_milliseconds('sightings.first_seen_at') }}) as landing_and_time,
        min(sightings.first_seen_at) as first_seen_at,
        max(sightings.last_seen_at) as last_seen_at,
        sum(sightings.observations) as observations
    from sightings
    group by sightings.identifier_key, sightings.source
),

seen as (
    select
        by_source.identifier_key,
        min(by_source.landing_no) as landing_no,
        min(by_source.landing_and_time) as landing_and_time,
        min(by_source.first_seen_at) as first_seen_at,
        max(by_source.last_seen_at) as last_seen_at,
        sum(by_source.observations) as observations,
        {{ sorted_list('by_source.source') }} as sources
    from by_source
    group by by_source.identifier_key
),

identifiers as (
    select
        identifier_values.identifier_key,
        identifier_values.identifier_kind,
        identifier_values.identifier_hash,
        kinds.is_weak,
        kinds.strength,
        cast(seen.landing_no as bigint) as first_landing_no,
        cast(seen.landing_and_time - seen.landing_no * {{ landing_span() }} as bigint) as first_landing_seen_ms,
        seen.first_seen_at,
        seen.last_seen_at,
        cast(seen.observations as bigint) as observations,
        seen.sources,
        {{ is_on_blocklist('identifier_values.identifier_kind', 'identifier_values.value') }} as is_blocklisted,
        '{{ invocation_id }}' as _batch
    from seen
    inner join identifier_values on identifier_values.identifier_key = seen.identifier_key
    inner join kinds on kinds.kind = identifier_values.identifier_kind
)

select * from identifiers
