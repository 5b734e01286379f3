with orders as (
    select
        orders.ordered_on,
        orders.channel,
        orders.is_counted,
        orders.is_trial,
        orders.is_return,
        orders.net_amount
    from {{ ref('orders') }} as orders
    where
        orders.ordered_at < {{ as_of_end_at() }}
        and (orders.is_counted or orders.is_trial or orders.is_return)
),

by_channel as (
    select
        orders.ordered_on as day,
        orders.channel,
        sum(case when orders.is_counted then 1 else 0 end) as orders,
        sum(case when orders.is_trial then 1 else 0 end) as trial_orders,
        sum(case when orders.is_return then 1 else 0 end) as returns,
        sum(orders.net_amount) as net_sales,
        sum(case when orders.is_counted then orders.net_amount else 0 end) as order_values
    from orders
    group by orders.ordered_on, orders.channel
),

-- every channel stands under its own name and in the whole
figures as (
    select
        by_channel.day,
        suffixes.suffix,
        sum(by_channel.orders) as orders,
        sum(by_channel.trial_orders) as trial_orders,
        sum(by_channel.returns) as returns,
        sum(by_channel.net_sales) as net_sales,
        sum(by_channel.order_values) as order_values
    from by_channel
    inner join (
        select 'ec' as channel, '' as suffix
        union all
        select 'store' as channel, '' as suffix
        union all
        select 'ec' as channel, '_ec' as suffix
        union all
        select 'store' as channel, '_store' as suffix
    ) as suffixes on by_channel.channel = suffixes.channel
    group by by_channel.day, suffixes.suffix
),

-- a customer buys on a day with the last order of it, and is new with the first of all
buyers as (
    select
        steps.ordered_on as day,
        sum(case when steps.next_on is null or steps.next_on > steps.ordered_on then 1 else 0 end) as buyers,
        sum(case when steps.k = 1 then 1 else 0 end) as new_buyers
    from {{ ref('int_marts__order_steps') }} as steps
    where steps.k > 0
    group by steps.ordered_on
),

kpis as (
    {% for figure in ['orders', 'trial_orders', 'returns', 'net_sales'] -%}
    select figures.day, '{{ figure }}' || figures.suffix as metric, figures.{{ figure }} as value from figures
    union all
    {% endfor -%}
    select figures.day, 'average_order_value' || figures.suffix as metric, figures.order_values / figures.orders as value
    from figures
    where figures.orders > 0
    union all
    select buyers.day, 'buyers' as metric, buyers.buyers as value from buyers
    union all
    select buyers.day, 'new_buyers' as metric, buyers.new_buyers as value from buyers where buyers.new_buyers > 0
    union all
    select buyers.day, 'repeat_customers' as metric, buyers.buyers - buyers.new_buyers as value from buyers
    where buyers.buyers > buyers.new_buyers
),

typed as (
    select
        kpis.day,
        kpis.metric,
        cast(kpis.value as decimal(18, 2)) as value
    from kpis
)

select * from typed
