{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ forget_touched_edges() }}", post_hook="{{ touch_all_where_whole() }}"
) }}

with

pairs as (
    select * from {{ pairs_to_read() }}
),

decided as (
    select * from {{ ref('int_identity__overrides') }}
    where action = 'always_link'
),

identifier_values as (
    select identifier_key from {{ ref('identifier_values') }}
    where {{ is_end_of('identifier_key', 'decided') }}
),

files as (
    select
        files.file_id,
        cast(row_number() over (order by files.file_id nulls last) as bigint) as file_rank,
        cast(row_number() over (order by files.file_id nulls last) as bigint) * {{ line_span() }} as first_place
    from (select distinct landed.file_id from {{ source('run', 'files') }} as landed) as files
),

evidence as (
    select
        pairs.left_key,
        pairs.right_key,
        pairs.rule,
        pairs.source,
        cast(min(pairs.landing_no) as bigint) as landing_no,
        min(pairs.first_seen_at) as first_seen_at,
        cast(sum(pairs.observations) as bigint) as observations,
        {{ file_and_line('min(' ~ place_of(
            'pairs.landing_no * ' ~ landing_span() ~ ' + ' ~ epoch_milliseconds('pairs.first_seen_at'),
            'files.file_rank', 'pairs.first_line_no'
        ) ~ ')') }} as file_and_line
    from pairs
    inner join files on files.file_id = pairs._file_id
    group by pairs.left_key, pairs.right_key, pairs.rule, pairs.source
),

from_rows as (
    select
        evidence.left_key,
        evidence.right_key,
        evidence.rule,
        evidence.source,
        evidence.landing_no,
        evidence.first_seen_at,
        evidence.observations,
        files.file_id as first_file_id,
        evidence.file_and_line % {{ line_span() }} as first_line_no
    from evidence
    inner join files on files.first_place = evidence.file_and_line - evidence.file_and_line % {{ line_span() }}
),

-- What somebody decided is evidence too, where both identifiers occur; made anew in every run.
from_overrides as (
    select
        decided.left_key,
        decided.right_key,
        'override' as rule,
        'identity_overrides' as source,
        cast(0 as bigint) as landing_no,
        cast(null as timestamp) as first_seen_at,
        cast(1 as bigint) as observations,
        cast(null as varchar) as first_file_id,
        cast(null as bigint) as first_line_no
    from decided
    inner join identifier_values as left_values on left_values.identifier_key = decided.left_key
    inner join identifier_values as right_values on right_values.identifier_key = decided.right_key
),

edges as (
    select * from from_rows
    union all
    select * from from_overrides
)

select * from edges
