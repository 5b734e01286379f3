{#- Which source gives which rows to which customer: acts and orders, those of nobody known, records by their key. -#}
with

nobodys_acts as (
    select
        touchpoints.source,
        touchpoints.source as origin,
        cast(null as varchar) as customer_id,
        count(*) as row_count
    from {{ ref('touchpoints') }} as touchpoints
    where touchpoints.customer_id is null
        and touchpoints.occurred_at < {{ as_of_end_at() }}
        and touchpoints.action not in ('purchase', 'return')
    group by touchpoints.source
),

nobodys_orders as (
    select
        case when orders.channel = 'ec' then 'ec_orders' else 'pos_receipts' end as source,
        case when orders.channel = 'ec' then 'ec_orders' else 'pos_receipts' end as origin,
        cast(null as varchar) as customer_id,
        count(*) as row_count
    from {{ ref('orders') }} as orders
    where orders.customer_id is null
        and orders.ordered_at < {{ as_of_end_at() }}
    group by orders.channel
),

nobodys_lines as (
    select
        case when lines.order_id like 'ec:%' then 'ec_order_items' else 'pos_receipt_items' end as source,
        case when lines.order_id like 'ec:%' then 'ec_orders' else 'pos_receipts' end as origin,
        cast(null as varchar) as customer_id,
        count(*) as row_count
    from {{ ref('order_items') }} as lines
    where lines.customer_id is null
        and lines.ordered_at < {{ as_of_end_at() }}
    group by case when lines.order_id like 'ec:%' then 'ec_order_items' else 'pos_receipt_items' end,
        case when lines.order_id like 'ec:%' then 'ec_orders' else 'pos_receipts' end
),

record_rows as (
    select
        records.source,
        records.source as origin,
        identity_map.customer_id,
        count(*) as row_count
    from {{ ref('int_core__records') }} as records
    left join {{ ref('identity_map') }} as identity_map on records.identifier_key = identity_map.identifier_key
    where records.recorded_at < {{ as_of_end_at() }}
    group by records.source, identity_map.customer_id
),

source_customers as (
    select source, origin, customer_id, row_count from {{ ref('int_marts__source_acts') }}
    union all
    select * from nobodys_acts
    union all
    select * from nobodys_orders
    union all
    select * from nobodys_lines
    union all
    select * from record_rows
)

select * from source_customers
