{# A view over the facts, each kind of fact in the columns that all share; masters and customers are joined in `int_core__touchpoints`.
   Event facts name the file that brought them and its state; the others follow from the newest versions of rows: reviews and visits have a state
   each, and which orders have changed stands in `run.touched_orders`. #}
{{ config(materialized='view') }}

with

web_acts as (
    select
        'web_events' as source,
        source_key,
        party_key,
        occurred_at,
        'web' as channel,
        action,
        cast(null as varchar) as brand_id,
        product_id,
        content_id,
        cast(null as varchar) as store_id,
        campaign_id,
        order_id,
        true as is_first_line,
        quantity,
        amount,
        visit_source,
        _file_id,
        _state
    from {{ ref('int_core__web_events') }}
),

message_acts as (
    select
        'message_events' as source,
        source_key,
        party_key,
        occurred_at,
        channel,
        action,
        cast(null as varchar) as brand_id,
        cast(null as varchar) as product_id,
        cast(null as varchar) as content_id,
        cast(null as varchar) as store_id,
        cast(null as varchar) as campaign_id,
        cast(null as varchar) as order_id,
        true as is_first_line,
        cast(0 as bigint) as quantity,
        cast(0 as decimal(18, 2)) as amount,
        cast(null as varchar) as visit_source,
        _file_id,
        _state
    from {{ ref('int_core__message_events') }}
),

social_acts as (
    select
        'social_actions' as source,
        source_key,
        party_key,
        occurred_at,
        'social' as channel,
        action,
        brand_id,
        product_id,
        content_id,
        cast(null as varchar) as store_id,
        cast(null as varchar) as campaign_id,
        cast(null as varchar) as order_id,
        true as is_first_line,
        cast(0 as bigint) as quantity,
        cast(0 as decimal(18, 2)) as amount,
        cast(null as varchar) as visit_source,
        _file_id,
        _state
    from {{ ref('int_core__social_actions') }}
),

survey_acts as (
    select
        'survey_answers' as source,
        source_key,
        party_key,
        occurred_at,
        'web' as channel,
        'survey' as action,
        cast(null as varchar) as brand_id,
        cast(null as varchar) as product_id,
        cast(null as varchar) as content_id,
        cast(null as varchar) as store_id,
        cast(null as varchar) as campaign_id,
        cast(null as varchar) as order_id,
        true as is_first_line,
        cast(0 as bigint) as quantity,
        cast(0 as decimal(18, 2)) as amount,
        cast(null as varchar) as visit_source,
        _file_id,
        _state
    from {{ ref('int_core__survey_answers') }}
),

review_acts as (
    select
        'reviews' as source,
        source_key,
        party_key,
        occurred_at,
        'web' as channel,
        'review' as action,
        cast(null as varchar) as brand_id,
        product_id,
        cast(null as varchar) as content_id,
        cast(null as varchar) as store_id,
        cast(null as varchar) as campaign_id,
        cast(null as varchar) as order_id,
        true as is_first_line,
        cast(0 as bigint) as quantity,
        cast(0 as decimal(18, 2)) as amount,
        cast(null as varchar) as visit_source,
        cast(null as varchar) as _file_id,
        _state
    from {{ ref('int_core__reviews') }}
),

visit_acts as (
    select
        'store_visits' as source,
        source_key,
        party_key,
        occurred_at,
        'store' as channel,
        action,
        cast(null as varchar) as brand_id,
        cast(null as varchar) as product_id,
        cast(null as varchar) as content_id,
        store_id,
        cast(null as varchar) as campaign_id,
        cast(null as varchar) as order_id,
        true as is_first_line,
        cast(0 as bigint) as quantity,
        cast(0 as decimal(18, 2)) as amount,
        cast(null as varchar) as visit_source,
        cast(null as varchar) as _file_id,
        _state
    from {{ ref('int_core__store_visits') }}
),

-- A cancelled or wholly refunded order is no act of a customer; an order without lines is one all the same.
order_acts as (
    select
        coalesce(lines.source, orders.source) as source,
        coalesce(lines.source_key, orders.source_key) as source_key,
        orders.party_key,
        orders.ordered_at as occurred_at,
        orders.channel,
        case when orders.is_return then 'return' else 'purchase' end as action,
        cast(null as varchar) as brand_id,
        lines.product_id,
        cast(null as varchar) as content_id,
        orders.store_id,
        orders.campaign_id,
        orders.order_id,
        lines.line_no is null or lines.line_no = orders.first_line_no as is_first_line,
        cast(case when orders.is_return then -abs(lines.quantity) else lines.quantity end as bigint) as quantity,
        cast(case when orders.is_return then -abs(lines.amount) else lines.amount end as decimal(18, 2)) as amount,
        orders.net_amount
    from {{ ref('int_core__orders') }} as orders
    left join {{ ref('int_core__order_lines') }} as lines on orders.order_id = lines.order_id
    where orders.is_counted or orders.is_trial or orders.is_return
),

order_line_acts as (
    select
        source,
        source_key,
        party_key,
        occurred_at,
        channel,
        action,
        brand_id,
        product_id,
        content_id,
        store_id,
        campaign_id,
        order_id,
        is_first_line,
        coalesce(quantity, 0) as quantity,
        coalesce(amount, net_amount) as amount,
        cast(null as varchar) as visit_source,
        cast(null as varchar) as _file_id,
        'order' as _state
    from order_acts
),

acts as (
    select * from web_acts
    union all
    select * from message_acts
    union all
    select * from social_acts
    union all
    select * from survey_acts
    union all
    select * from review_acts
    union all
    select * from visit_acts
    union all
    select * from order_line_acts
)

select * from acts
