with steps as (
    select * from {{ ref('int_marts__growth_steps') }}
),

counted as (
    select
        steps.brand_id,
        steps.information_kind,
        sum(case when steps.is_touched then 1 else 0 end) as touched,
        sum(case when steps.is_buyer then 1 else 0 end) as buyers,
        percentile_cont(0.25) within group (order by steps.days asc) as p25_days,
        percentile_cont(0.5) within group (order by steps.days asc) as median_days,
        percentile_cont(0.75) within group (order by steps.days asc) as p75_days,
        sum(case when steps.is_touched or steps.is_visitor then 0 else 1 end) as already_buyers,
        sum(case when steps.is_first_touch then 1 else 0 end) as first_touched,
        sum(case when steps.is_first_touch and steps.is_buyer then 1 else 0 end) as first_touch_buyers,
        sum(case when steps.is_last_touch then 1 else 0 end) as last_touch_buyers,
        sum(case when steps.is_visitor then 1 else 0 end) as visitors
    from steps
    group by steps.brand_id, steps.information_kind
),

growth_map as (
    select
        counted.brand_id,
        counted.information_kind,
        cast(counted.touched as bigint) as touched,
        cast(counted.buyers as bigint) as buyers,
        cast(counted.buyers as double) / nullif(counted.touched, 0) as conversion,
        cast(counted.p25_days as double) as p25_days,
        cast(counted.median_days as double) as median_days,
        cast(counted.p75_days as double) as p75_days,
        cast(counted.already_buyers as bigint) as already_buyers,
        cast(counted.first_touched as bigint) as first_touched,
        cast(counted.first_touch_buyers as bigint) as first_touch_buyers,
        cast(counted.last_touch_buyers as bigint) as last_touch_buyers,
        cast(counted.visitors as bigint) as visitors
    from counted
    where counted.touched + counted.already_buyers > 0
)

select * from growth_map
