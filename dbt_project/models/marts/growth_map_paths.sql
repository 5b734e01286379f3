with paths as (
    select * from {{ ref('int_marts__growth_paths') }}
),

counted as (
    select
        paths.brand_id,
        paths.path,
        count(*) as customers,
        percentile_cont(0.5) within group (order by paths.days asc) as median_days
    from paths
    group by paths.brand_id, paths.path
),

ranked as (
    select
        counted.*,
        row_number() over (
            partition by counted.brand_id order by counted.customers desc nulls last, counted.path asc nulls last
        ) as position,
        sum(counted.customers) over (partition by counted.brand_id) as brand_customers
    from counted
),

growth_map_paths as (
    select
        ranked.brand_id,
        cast(ranked.position as integer) as position,
        ranked.path,
        cast(ranked.customers as bigint) as customers,
        cast(ranked.customers as double) / cast(ranked.brand_customers as double) as share,
        cast(ranked.median_days as double) as median_days
    from ranked
    where ranked.position <= {{ setting('growth_paths', 'integer') }}
)

select * from growth_map_paths
