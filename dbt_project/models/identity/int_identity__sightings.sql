{{ config(schema='pii', materialized='view') }}

with

tuples as (
    select * from {{ ref('int_identity__tuples') }}
),

sightings as (
    {%- for kind in identifier_kinds() %}
    select
        tuples.source,
        tuples._file_id,
        '{{ kind }}' as identifier_kind,
        tuples.{{ kind }}_key as identifier_key,
        tuples.{{ kind }} as value,
        tuples.landing_no,
        tuples.first_seen_at,
        tuples.last_seen_at,
        tuples.observations
    from tuples
    where tuples.{{ kind }} is not null
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
)

select * from sightings
