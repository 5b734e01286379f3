{#- Which source gives which acts and orders to which customer; orders whether counted or not. -#}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with

act_rows as (
    select
        touchpoints.source,
        touchpoints.source as origin,
        touchpoints.customer_id,
        count(*) as row_count
    from {{ touchpoints_to_read() }} as touchpoints
    where touchpoints.customer_id is not null
        and touchpoints.occurred_at < {{ as_of_end_at() }}
        and touchpoints.action not in ('purchase', 'return')
    group by touchpoints.source, touchpoints.customer_id
),

order_rows as (
    select
        case when orders.channel = 'ec' then 'ec_orders' else 'pos_receipts' end as source,
        case when orders.channel = 'ec' then 'ec_orders' else 'pos_receipts' end as origin,
        orders.customer_id,
        count(*) as row_count
    from {{ ref('orders') }} as orders
    where orders.customer_id is not null
        and orders.ordered_at < {{ as_of_end_at() }}
        and {{ of_changed_customers('orders.customer_id') }}
    group by orders.channel, orders.customer_id
),

-- An order's lines are no further source of its customer.
line_rows as (
    select
        case when lines.order_id like 'ec:%' then 'ec_order_items' else 'pos_receipt_items' end as source,
        case when lines.order_id like 'ec:%' then 'ec_orders' else 'pos_receipts' end as origin,
        lines.customer_id,
        count(*) as row_count
    from {{ ref('order_items') }} as lines
    where lines.customer_id is not null
        and lines.ordered_at < {{ as_of_end_at() }}
        and {{ of_changed_customers('lines.customer_id') }}
    group by case when lines.order_id like 'ec:%' then 'ec_order_items' else 'pos_receipt_items' end,
        case when lines.order_id like 'ec:%' then 'ec_orders' else 'pos_receipts' end, lines.customer_id
),

source_acts as (
    select * from act_rows
    union all
    select * from order_rows
    union all
    select * from line_rows
)

select * from source_acts
