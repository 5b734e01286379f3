with

quarantined as (
    {%- for name in all_sources() %}
    select
        '{{ name }}' as source,
        base._file_id,
        base._line_no,
        base.problem_column as column_name,
        base.problem_reason as reason,
        base.row_json
    from {{ ref('base_' ~ name) }} as base
    where base.row_outcome = 'quarantined'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

files as (
    select * from {{ source('run', 'files') }}
),

named as (
    select
        quarantined.source,
        files.name as file_name,
        quarantined._file_id,
        quarantined._line_no,
        quarantined.column_name,
        quarantined.reason,
        quarantined.row_json
    from quarantined
    left join files
        on files.file_id = quarantined._file_id
        and files.source = quarantined.source
)

select * from named
