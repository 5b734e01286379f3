with orders as (
    select
        orders.customer_id,
        orders.order_id,
        orders.ordered_at,
        orders.ordered_on,
        orders.is_counted,
        orders.net_amount
    from {{ ref('orders') }} as orders
    where
        orders.customer_id is not null
        and orders.ordered_at < {{ as_of_end_at() }}
        and (orders.is_counted or orders.is_trial or orders.is_return)
),

customer_months as (
    select
        orders.customer_id,
        {{ month_of('orders.ordered_on') }} as month,
        sum(case when orders.is_counted then 1 else 0 end) as orders,
        sum(orders.net_amount) as net_sales
    from orders
    group by orders.customer_id, {{ month_of('orders.ordered_on') }}
),

so_far as (
    select
        customer_months.customer_id,
        customer_months.month,
        customer_months.orders,
        customer_months.net_sales,
        min(case when customer_months.orders > 0 then customer_months.month end) over (partition by customer_months.customer_id)
            as cohort_month,
        sum(customer_months.orders) over (
            partition by customer_months.customer_id order by customer_months.month asc nulls last
            rows between unbounded preceding and current row
        ) as orders_so_far
    from customer_months
),

-- the second order is reached in the month in which the count passes one
active as (
    select
        so_far.cohort_month,
        so_far.month,
        sum(case when so_far.orders > 0 then 1 else 0 end) as active_customers,
        sum(case when so_far.orders_so_far > 1 and so_far.orders_so_far - so_far.orders <= 1 then 1 else 0 end) as new_repeaters,
        sum(so_far.orders) as orders,
        sum(so_far.net_sales) as net_sales
    from so_far
    where so_far.month >= so_far.cohort_month
    group by so_far.cohort_month, so_far.month
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
