{# The CTEs from `act_rows` to `source_rows`: source, origin, customer_id, row_count and sold of acts and orders up to the end of as_of, orders whether
   counted or not. Returns are no sales: with them a share of what is sold could lie outside 0 and 1. `touchpoints`: a relation or
   subquery; `of_customers`: a condition on customer_id. #}
{% macro source_rows(touchpoints, of_customers) -%}
act_rows as (
    select
        touchpoints.source,
        touchpoints.source as origin,
        touchpoints.customer_id,
        count(*) as row_count
    from {{ touchpoints }} as touchpoints
    where {{ of_customers }}
        and touchpoints.occurred_at < {{ as_of_end_at() }}
        and touchpoints.action not in ('purchase', 'return')
    group by touchpoints.source, touchpoints.customer_id
),

order_rows as (
    select
        case when orders.channel = 'ec' then 'ec_orders' else 'pos_receipts' end as source,
        case when orders.channel = 'ec' then 'ec_orders' else 'pos_receipts' end as origin,
        orders.customer_id,
        count(*) as row_count,
        sum(case when orders.is_counted or orders.is_trial then orders.net_amount else 0 end) as sold
    from {{ ref('orders') }} as orders
    where {{ of_customers }}
        and orders.ordered_at < {{ as_of_end_at() }}
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
    where {{ of_customers }}
        and lines.ordered_at < {{ as_of_end_at() }}
    group by case when lines.order_id like 'ec:%' then 'ec_order_items' else 'pos_receipt_items' end,
        case when lines.order_id like 'ec:%' then 'ec_orders' else 'pos_receipts' end, lines.customer_id
),

source_rows as (
    {% for rows in ['act_rows', 'order_rows', 'line_rows'] -%}
    select
        {{ rows }}.source,
        {{ rows }}.origin,
        {{ rows }}.customer_id,
        cast({{ rows }}.row_count as bigint) as row_count,
        cast({{ rows ~ '.sold' if rows == 'order_rows' else '0' }} as decimal(18, 2)) as sold
    from {{ rows }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
)
{%- endmacro %}
