{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_in_month() }}") }}

with orders as (
    select
        orders.customer_id,
        orders.ordered_on,
        orders.channel,
        orders.is_counted,
        orders.is_trial,
        orders.net_amount
    from {{ ref('orders') }} as orders
    where
        orders.customer_id is not null
        and orders.ordered_at < {{ as_of_end_at() }}
        and (orders.is_counted or orders.is_trial or orders.is_return)
        and {{ of_changed_in_month('orders.customer_id') }}
),

as_of_days as (
    select * from {{ ref('int_marts__as_of_days') }}
),

-- the first of the table's days on which an order of that day is known
order_days as (
    select
        days.ordered_on,
        max(as_of_days.months_before) as months_before
    from (select distinct orders.ordered_on from orders) as days
    inner join as_of_days on days.ordered_on <= as_of_days.as_of
    group by days.ordered_on
),

steps as (
    select
        orders.customer_id,
        order_days.months_before,
        sum(case when orders.is_counted then 1 else 0 end) as new_orders,
        min(case when orders.is_counted then orders.ordered_on end) as first_counted_on,
        max(case when orders.is_counted then orders.ordered_on end) as last_counted_on,
        max(case when orders.is_trial then orders.ordered_on end) as last_trial_on,
        max(case when orders.is_counted then orders.channel end) as last_counted_channel,
        min(case when orders.is_counted then orders.channel end) as first_counted_channel,
        max(case when orders.is_trial then orders.channel end) as last_trial_channel,
        min(case when orders.is_trial then orders.channel end) as first_trial_channel,
        sum(orders.net_amount) as net_amount
    from orders
    inner join order_days on orders.ordered_on = order_days.ordered_on
    group by orders.customer_id, order_days.months_before
),

cumulated as (
    select
        steps.customer_id,
        steps.months_before as from_months_before,
        coalesce(lead(steps.months_before) over customer + 1, 0) as until_months_before,
        sum(steps.new_orders) over so_far as frequency,
        max(steps.last_counted_on) over so_far as last_counted_on,
        min(steps.first_counted_on) over so_far as first_counted_on,
        max(steps.last_trial_on) over so_far as last_trial_on,
        max(steps.last_counted_channel) over so_far as last_counted_channel,
        min(steps.first_counted_channel) over so_far as first_counted_channel,
        max(steps.last_trial_channel) over so_far as last_trial_channel,
        min(steps.first_trial_channel) over so_far as first_trial_channel,
        sum(steps.net_amount) over so_far as net_sales,
        min(steps.first_counted_on) over later as next_ordered_on
    from steps
    window
        customer as (partition by steps.customer_id order by steps.months_before desc nulls last),
        so_far as (
            partition by steps.customer_id order by steps.months_before desc nulls last
            rows between unbounded preceding and current row
        ),
        later as (
            partition by steps.customer_id order by steps.months_before desc nulls last
            rows between 1 following and unbounded following
        )
),

-- channels by the letters' order: where the first and the last differ, there are two
known as (
    select
        cumulated.customer_id,
        cumulated.from_months_before,
        cumulated.until_months_before,
        cumulated.frequency,
        cumulated.first_counted_on,
        cumulated.net_sales,
        cumulated.next_ordered_on,
        coalesce(cumulated.last_counted_on, cumulated.last_trial_on) as recent_on,
        coalesce(cumulated.first_counted_channel, cumulated.first_trial_channel) as first_channel,
        coalesce(cumulated.last_counted_channel, cumulated.last_trial_channel) as last_channel,
        least(cumulated.first_counted_channel, cumulated.first_trial_channel) as first_bought_channel,
        greatest(cumulated.last_counted_channel, cumulated.last_trial_channel) as last_bought_channel
    from cumulated
    where coalesce(cumulated.last_counted_on, cumulated.last_trial_on) is not null
),

states as (
    select
        known.customer_id,
        known.from_months_before,
        known.until_months_before,
        cast(known.frequency as bigint) as frequency,
        known.recent_on,
        known.first_counted_on,
        case when known.first_channel = known.last_channel then known.first_channel else 'both' end as channel,
        case when known.first_bought_channel = known.last_bought_channel then known.first_bought_channel else 'both' end
            as bought_channel,
        cast(known.net_sales as decimal(18, 2)) as net_sales,
        known.next_ordered_on,
        cast(lag(known.frequency) over customer as bigint) as frequency_before,
        lag(known.recent_on) over customer as recent_on_before
    from known
    window customer as (partition by known.customer_id order by known.from_months_before desc nulls last)
)

select * from states
