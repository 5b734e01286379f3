with

outcomes as (
    {%- for name in all_sources() %}
    select
        '{{ name }}' as source,
        base.row_outcome,
        count(*) as row_count
    from {{ ref('base_' ~ name) }} as base
    group by base.row_outcome
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

landed as (
    select
        files.source,
        sum(files.rows) as row_count
    from {{ source('run', 'files') }} as files
    group by files.source
),

sources as (
    {%- for name in all_sources() %}
    select '{{ name }}' as source {{ 'union all' if not loop.last }}
    {%- endfor %}
),

explained as (
    select
        sources.source,
        cast(coalesce(max(landed.row_count), 0) as bigint) as rows_landed,
        cast(coalesce(sum(case when outcomes.row_outcome = 'staged' then outcomes.row_count end), 0) as bigint) as staged,
        cast(coalesce(sum(case when outcomes.row_outcome = 'duplicate' then outcomes.row_count end), 0) as bigint) as duplicates,
        cast(coalesce(sum(case when outcomes.row_outcome = 'superseded' then outcomes.row_count end), 0) as bigint) as superseded,
        cast(coalesce(sum(case when outcomes.row_outcome = 'quarantined' then outcomes.row_count end), 0) as bigint) as quarantined,
        cast(coalesce(sum(case when outcomes.row_outcome = 'erased' then outcomes.row_count end), 0) as bigint) as erased
    from sources
    left join landed on landed.source = sources.source
    left join outcomes on outcomes.source = sources.source
    group by sources.source
)

select * from explained
