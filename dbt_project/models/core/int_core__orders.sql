{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='sync_all_columns',
    pre_hook="{{ forget_changed_orders() }}"
) }}

with

ec_orders as (
    select
        'ec:' || staged.order_id as order_id,
        'ec_orders' as source,
        staged.order_id as source_key,
        'ec' as channel,
        cast(null as varchar) as store_id,
        {{ key_of('member_id', 'staged.member_id') }} as member_key,
        cast(null as bigint) as card_key,
        {{ key_of('email', 'staged.email') }} as email_key,
        {{ key_of('phone', 'staged.phone') }} as phone_key,
        staged.ordered_at,
        staged.delivered_at,
        staged.total_amount,
        staged.status = 'paid' or (staged.status = 'refunded' and staged.total_amount > 0) as is_paid,
        false as is_return,
        coalesce(staged.is_gift, false) as is_gift,
        coalesce(staged.is_subscription, false) as is_subscription,
        staged.coupon_code,
        staged.campaign_id,
        staged._file_no,
        staged._line_no
    from {{ ref('stg_ec_orders') }} as staged
    where {{ of_touched_orders("'ec:' || staged.order_id") }}
),

receipts as (
    select
        'store:' || staged.receipt_id as order_id,
        'pos_receipts' as source,
        staged.receipt_id as source_key,
        'store' as channel,
        staged.store_id,
        cast(null as bigint) as member_key,
        {{ key_of('card_no', 'staged.card_no') }} as card_key,
        cast(null as bigint) as email_key,
        cast(null as bigint) as phone_key,
        staged.receipted_at as ordered_at,
        staged.receipted_at as delivered_at,
        staged.total_amount,
        not coalesce(staged.is_return, false) as is_paid,
        coalesce(staged.is_return, false) as is_return,
        false as is_gift,
        false as is_subscription,
        cast(null as varchar) as coupon_code,
        cast(null as varchar) as campaign_id,
        staged._file_no,
        staged._line_no
    from {{ ref('stg_pos_receipts') }} as staged
    where {{ of_touched_orders("'store:' || staged.receipt_id") }}
),

all_orders as (
    select * from ec_orders
    union all
    select * from receipts
),

line_kinds as (
    select
        order_id,
        min(line_no) as first_line_no,
        min(case when is_trial then 1 else 0 end) = 1 as has_trial_lines_only
    from {{ ref('int_core__order_lines') }}
    where {{ of_touched_orders('order_id') }}
    group by order_id
),

facts as (
    select
        all_orders.*,
        {{ party_key(['all_orders.member_key', 'all_orders.card_key', 'all_orders.email_key', 'all_orders.phone_key']) }}
            as party_key,
        line_kinds.first_line_no,
        all_orders.is_paid and coalesce(line_kinds.has_trial_lines_only, false) as is_trial,
        all_orders.is_paid and not coalesce(line_kinds.has_trial_lines_only, false) as is_counted,
        cast(
            case
                when all_orders.is_return then -abs(all_orders.total_amount)
                when all_orders.is_paid then all_orders.total_amount
                else 0
            end as decimal(18, 2)
        ) as net_amount
    from all_orders
    left join line_kinds on all_orders.order_id = line_kinds.order_id
)

select * from facts
