{#- Whose the rows and the sales of each source are. A visitor is nobody that one could write to: his rows are not attributed. -#}
with

customers as (
    select customer_id from {{ ref('persons') }}
    where not is_visitor
),

recent_acts as (
    select
        source,
        customer_id,
        count(*) as row_count,
        0 as sold
    from {{ ref('touchpoints') }}
    where occurred_at < {{ as_of_end_at() }}
        and occurred_at >= {{ as_of_end_at() }} - interval '7 days'
        and action not in ('purchase', 'return')
    group by source, customer_id
),

-- Returns are no sales: with them a share could lie outside 0 and 1.
recent_orders as (
    select
        case when channel = 'ec' then 'ec_orders' else 'pos_receipts' end as source,
        customer_id,
        count(*) as row_count,
        sum(case when is_counted or is_trial then net_amount else 0 end) as sold
    from {{ ref('orders') }}
    where ordered_at < {{ as_of_end_at() }}
        and ordered_at >= {{ as_of_end_at() }} - interval '7 days'
    group by channel, customer_id
),

recent as (
    select * from recent_acts
    union all
    select * from recent_orders
),

attribution as (
    select
        'all' as span,
        source,
        row_count,
        attributed_rows,
        sold,
        attributed_sold
    from {{ ref('int_marts__source_sums') }}
    union all
    select
        '7d' as span,
        recent.source,
        cast(sum(recent.row_count) as bigint) as row_count,
        cast(sum(case when customers.customer_id is not null then recent.row_count else 0 end) as bigint) as attributed_rows,
        cast(sum(recent.sold) as decimal(18, 2)) as sold,
        cast(sum(case when customers.customer_id is not null then recent.sold else 0 end) as decimal(18, 2)) as attributed_sold
    from recent
    left join customers on recent.customer_id = customers.customer_id
    group by recent.source
)

select * from attribution
