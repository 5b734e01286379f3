{{ config(schema='pii', materialized='table') }}

-- Who is touched is known when these have been read.
-- depends_on: {{ ref('int_identity__web_purchases') }}
with

touched as (
    select distinct noted.identifier_key
    from {{ source('run', 'touched_identifiers') }} as noted
    where not exists (select 1 from {{ source('run', 'touched_identifiers') }} as everybody where everybody.identifier_key is null)
),

-- Found by their keys, which are numbers, before anything else of them is read.
found as (
    {%- for kind in identifier_kinds() %}
    select tuples.rowid as row_id
    from {{ ref('int_identity__tuples') }} as tuples
    where tuples.{{ kind }}_key in (select touched.identifier_key from touched)
    {{- '\n    union' if not loop.last }}
    {%- endfor %}
),

touched_tuples as (
    select
        tuples.source,
        tuples.rule,
        tuples._file_id,
        {%- for kind in identifier_kinds() %}
        tuples.{{ kind }},
        tuples.{{ kind }}_key,
        {%- endfor %}
        tuples.landing_no,
        tuples.first_seen_at,
        tuples.last_seen_at,
        tuples.observations,
        tuples.first_line_no
    from {{ ref('int_identity__tuples') }} as tuples
    where tuples.rowid in (select found.row_id from found)
)

select * from touched_tuples
