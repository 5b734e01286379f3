with

unread as (
    {%- for name in all_sources() %}
    select
        '{{ name }}' as source,
        base.warning_columns,
        count(*) as row_count
    from {{ ref('base_' ~ name) }} as base
    where base.warning_columns is not null and base.row_outcome <> 'quarantined'
    group by base.warning_columns
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

optional_columns as (
    {{ rows(optional_columns()) }}
),

counted as (
    select
        unread.source,
        optional_columns.column_name,
        optional_columns.problem,
        cast(sum(unread.row_count) as bigint) as rows
    from unread
    inner join optional_columns
        on optional_columns.source = unread.source
        and ',' || unread.warning_columns || ',' like '%,' || optional_columns.column_name || ',%'
    group by unread.source, optional_columns.column_name, optional_columns.problem
)

select * from counted
