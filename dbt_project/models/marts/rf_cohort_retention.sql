-- the second order is reached in its month
with active as (
    select
        {{ month_of('steps.first_counted_on') }} as cohort_month,
        {{ month_of('steps.ordered_on') }} as month,
        sum(case when steps.is_first_of_month then 1 else 0 end) as active_customers,
        sum(case when steps.k = 2 then 1 else 0 end) as new_repeaters,
        sum(case when steps.k > 0 then 1 else 0 end) as orders,
        sum(steps.net_amount) as net_sales
    from {{ ref('int_marts__order_steps') }} as steps
    where {{ month_of('steps.ordered_on') }} >= {{ month_of('steps.first_counted_on') }}
    group by {{ month_of('steps.first_counted_on') }}, {{ month_of('steps.ordered_on') }}
),

sizes as (
    select
        active.cohort_month,
        active.active_customers as cohort_size
    from active
    where active.month = active.cohort_month
),

-- every month from a cohort's own to that of as_of, those without an order included
months as (
    select months.month from {{ months_from_to('(select min(active.cohort_month) from active)', as_of()) }} as months
),

grid as (
    select
        sizes.cohort_month,
        months.month,
        sizes.cohort_size,
        last_day(months.month) <= {{ as_of() }} as is_complete
    from sizes
    inner join months on sizes.cohort_month <= months.month
),

retention as (
    select
        grid.cohort_month,
        cast({{ months_between('grid.cohort_month', 'grid.month') }} as integer) as months_after,
        grid.month,
        cast(grid.cohort_size as bigint) as cohort_size,
        cast(coalesce(active.active_customers, 0) as bigint) as active_customers,
        case when grid.is_complete then cast(coalesce(active.active_customers, 0) as double) / cast(grid.cohort_size as double) end
            as retention_rate,
        cast(sum(coalesce(active.new_repeaters, 0)) over so_far as bigint) as repeaters,
        cast(sum(coalesce(active.new_repeaters, 0)) over so_far as double) / cast(grid.cohort_size as double) as repeater_share,
        cast(coalesce(active.orders, 0) as bigint) as orders,
        cast(coalesce(active.net_sales, 0) as decimal(18, 2)) as net_sales,
        cast(sum(coalesce(active.net_sales, 0)) over so_far as decimal(18, 2)) as net_sales_so_far,
        grid.is_complete
    from grid
    left join active on grid.cohort_month = active.cohort_month and grid.month = active.month
    window so_far as (
        partition by grid.cohort_month order by grid.month asc nulls last rows between unbounded preceding and current row
    )
)

select * from retention
