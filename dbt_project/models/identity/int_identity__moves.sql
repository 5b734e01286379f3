{{ config(materialized='table') }}

{#- A person first seen after as_of is published when its day comes. #}
{%- set is_published = 'person_first_seen_at < ' ~ as_of_end_at() -%}

with

parts as (
    {{ differing_parts(
        ref('identity_map') ~ ' where anchor_key is not null and ' ~ is_published,
        source('run', 'identity_map_before') ~ ' where anchor_key is not null',
        ['identifier_key', 'anchor_key'],
    ) }}
),

before as (
    select * from {{ source('run', 'identity_map_before') }}
    where {{ of_parts('identifier_key') }}
),

-- Of who is not published nothing is known. Said of rows that were found by their parts: DuckDB takes a condition on time for one that
-- leaves hardly any.
after as (
    select
        identity_map.identifier_key,
        case when {{ is_published }} then identity_map.anchor_key end as anchor_key,
        case when {{ is_published }} then identity_map.is_visitor end as is_visitor
    from {{ ref('identity_map') }} as identity_map
    where {{ of_parts('identifier_key') }}
),

compared as (
    select
        coalesce(after.identifier_key, before.identifier_key) as identifier_key,
        before.anchor_key as from_key,
        after.anchor_key,
        before.anchor_key is not null and before.is_visitor as from_is_visitor,
        coalesce(after.is_visitor, false) as is_visitor,
        before.identifier_key is null as is_new
    from after
    full outer join before on before.identifier_key = after.identifier_key
    where before.anchor_key is distinct from after.anchor_key
),

-- A backfill of an earlier day moves nobody: who is who is today's knowledge.
moves as (
    select compared.*
    from compared
    inner join {{ source('run', 'context') }} as context on context.is_newest
)

select * from moves
