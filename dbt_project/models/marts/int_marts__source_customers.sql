{#- Which source gives which rows to which customer: the acts by touchpoints, orders whether counted or not, records by their key. -#}
with

act_rows as (
    select
        source,
        source as origin,
        customer_id,
        count(*) as row_count
    from {{ ref('touchpoints') }}
    where occurred_at < {{ as_of_end_at() }}
        and action not in ('purchase', 'return')
    group by source, customer_id
),

order_rows as (
    select
        case when channel = 'ec' then 'ec_orders' else 'pos_receipts' end as source,
        case when channel = 'ec' then 'ec_orders' else 'pos_receipts' end as origin,
        customer_id,
        count(*) as row_count
    from {{ ref('orders') }}
    where ordered_at < {{ as_of_end_at() }}
    group by channel, customer_id
),

-- An order's lines are no further source of its customer.
line_rows as (
    select
        case when order_id like 'ec:%' then 'ec_order_items' else 'pos_receipt_items' end as source,
        case when order_id like 'ec:%' then 'ec_orders' else 'pos_receipts' end as origin,
        customer_id,
        count(*) as row_count
    from {{ ref('order_items') }}
    where ordered_at < {{ as_of_end_at() }}
    group by case when order_id like 'ec:%' then 'ec_order_items' else 'pos_receipt_items' end,
        case when order_id like 'ec:%' then 'ec_orders' else 'pos_receipts' end, customer_id
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
    select * from act_rows
    union all
    select * from order_rows
    union all
    select * from line_rows
    union all
    select * from record_rows
)

select * from source_customers
