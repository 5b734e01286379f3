{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with orders as (
    select
        orders.customer_id,
        orders.ordered_on,
        orders.is_gift,
        orders.is_subscription
    from {{ ref('orders') }} as orders
    where orders.is_counted
        and orders.customer_id is not null
        and orders.ordered_at < {{ as_of_end_at() }}
        and {{ of_changed_customers('orders.customer_id') }}
),

subscription_days as (
    select
        orders.customer_id,
        orders.ordered_on,
        lag(orders.ordered_on) over (partition by orders.customer_id order by orders.ordered_on asc nulls last) as before_on
    from (select distinct customer_id, ordered_on from orders where is_subscription) as orders
),

-- a subscription goes on as long as the next order comes in time
subscriptions as (
    select
        days.customer_id,
        max(
            case
                when days.before_on is null then days.ordered_on
                when {{ days_between('days.before_on', 'days.ordered_on') }} > {{ setting('tag_subscription_days', 'integer') }}
                    then days.ordered_on
            end
        ) as subscribed_on,
        max(days.ordered_on) as subscription_ordered_on
    from subscription_days as days
    group by days.customer_id
),

totals as (
    select
        orders.customer_id,
        count(*) as orders,
        max(orders.ordered_on) as last_ordered_on,
        count(case when orders.is_gift then 1 end) as gift_orders,
        max(case when orders.is_gift then orders.ordered_on end) as last_gift_on
    from orders
    group by orders.customer_id
),

order_tags as (
    select
        totals.*,
        subscriptions.subscribed_on,
        subscriptions.subscription_ordered_on
    from totals
    left join subscriptions on totals.customer_id = subscriptions.customer_id
)

select * from order_tags
