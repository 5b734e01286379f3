{#- Whose the rows and the sales of each source are. A visitor is nobody that one could write to: his rows are not attributed. -#}
{%- set sold = "case when is_counted or is_trial then net_amount else 0 end" %}
with

customers as (
    select customer_id from {{ ref('persons') }}
    where not is_visitor
),

recent_acts as (
    select
        source,
        customer_id,
        count(*) as row_count
    from {{ ref('touchpoints') }}
    where occurred_at < {{ as_of_end_at() }}
        and occurred_at >= {{ as_of_end_at() }} - interval '7 days'
        and action not in ('purchase', 'return')
    group by source, customer_id
),

-- Returns are no sales: with them a share could lie outside 0 and 1.
orders as (
    select
        case when channel = 'ec' then 'ec_orders' else 'pos_receipts' end as source,
        customer_id,
        ordered_at >= {{ as_of_end_at() }} - interval '7 days' as is_recent,
        count(*) as row_count,
        sum({{ sold }}) as sold
    from {{ ref('orders') }}
    where ordered_at < {{ as_of_end_at() }}
    group by channel, customer_id, ordered_at >= {{ as_of_end_at() }} - interval '7 days'
),

counted as (
    select 'all' as span, source, customer_id, row_count, 0 as sold from {{ ref('int_marts__source_customers') }}
    union all
    select 'all' as span, source, customer_id, 0 as row_count, sold from orders
    union all
    select '7d' as span, source, customer_id, row_count, 0 as sold from recent_acts
    union all
    select '7d' as span, source, customer_id, row_count, sold from orders
    where is_recent
),

attribution as (
    select
        counted.span,
        counted.source,
        cast(sum(counted.row_count) as bigint) as row_count,
        cast(sum(case when customers.customer_id is not null then counted.row_count else 0 end) as bigint) as attributed_rows,
        cast(sum(counted.sold) as decimal(18, 2)) as sold,
        cast(sum(case when customers.customer_id is not null then counted.sold else 0 end) as decimal(18, 2)) as attributed_sold
    from counted
    left join customers on counted.customer_id = customers.customer_id
    group by counted.span, counted.source
)

select * from attribution
