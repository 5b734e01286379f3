with customers as (
    select
        scores.total,
        coalesce(rf_customers.frequency, 0) as orders,
        coalesce(rf_customers.net_sales, 0) as net_sales,
        case when scores.product > 0 then 1 else 0 end
        + case when scores.lifestyle > 0 then 1 else 0 end
        + case when scores.lifestance > 0 then 1 else 0 end as categories,
        ntile(10) over (
            partition by scores.total > 0 order by scores.total desc nulls last, scores.customer_id asc nulls last
        ) as decile
    from {{ ref('scores') }} as scores
    left join {{ ref('rf_customers') }} as rf_customers on scores.customer_id = rf_customers.customer_id
),

leveled as (
    select
        'categories' as dimension,
        customers.categories as level,
        customers.*
    from customers
    union all
    select
        'decile' as dimension,
        customers.decile as level,
        customers.*
    from customers
    where customers.total > 0
),

levels as (
    select
        leveled.dimension,
        leveled.level,
        count(*) as customers,
        sum(leveled.total) as points,
        count(case when leveled.orders > 0 then 1 end) as buyers,
        sum(leveled.orders) as orders,
        sum(leveled.net_sales) as net_sales
    from leveled
    group by leveled.dimension, leveled.level
),

-- everybody knows a number of categories, so these levels together are the whole
wholes as (
    select
        sum(levels.customers) as customers,
        sum(levels.net_sales) as net_sales
    from levels
    where levels.dimension = 'categories'
),

score_sales as (
    select
        levels.dimension,
        cast(levels.level as integer) as level,
        cast(levels.customers as bigint) as customers,
        levels.customers / cast(wholes.customers as double) as customer_share,
        cast(levels.points as bigint) as points,
        cast(levels.buyers as bigint) as buyers,
        cast(levels.orders as bigint) as orders,
        cast(levels.net_sales as decimal(18, 2)) as net_sales,
        cast(levels.net_sales as double) / nullif(cast(wholes.net_sales as double), 0) as sales_share,
        cast(levels.net_sales / levels.customers as decimal(18, 2)) as net_sales_per_customer
    from levels
    cross join wholes
)

select * from score_sales
