with

order_figures as (
    select
        ordered_on as day,
        channel,
        sum(case when is_counted then 1 else 0 end) as orders,
        sum(case when is_trial then 1 else 0 end) as trial_orders,
        sum(case when is_return then 1 else 0 end) as returns,
        sum(net_amount) as net_sales
    from {{ ref('orders') }}
    where ordered_at < {{ as_of_end_at() }}
    group by ordered_on, channel
),

order_metrics as (
    {% for figure in ['orders', 'trial_orders', 'returns', 'net_sales'] -%}
    select day, '{{ figure }}' as metric, sum({{ figure }}) as value from order_figures group by day
    union all
    select day, '{{ figure }}_' || channel as metric, {{ figure }} as value from order_figures
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
),

act_figures as (
    select
        occurred_on as day,
        source,
        action,
        count(*) as acts
    from {{ ref('touchpoints') }}
    where occurred_at < {{ as_of_end_at() }}
    group by occurred_on, source, action
),

-- Which acts are counted under which name; messages (sent, opened ...) and web events each also under their own.
act_metrics as (
    select day, 'web_views' as metric, acts as value from act_figures
    where action in ('page_view', 'product_view', 'content_view')
    union all
    select day, 'web_events' as metric, acts as value from act_figures where source = 'web_events'
    union all
    select day, 'visits' as metric, acts as value from act_figures where action = 'visit'
    union all
    select day, 'reservations' as metric, acts as value from act_figures where action = 'reservation'
    union all
    select day, 'reviews' as metric, acts as value from act_figures where action = 'review'
    union all
    select day, 'social_actions' as metric, acts as value from act_figures where source = 'social_actions'
    union all
    select day, 'surveys' as metric, acts as value from act_figures where action = 'survey'
    union all
    select day, 'carts_filled' as metric, acts as value from act_figures where action = 'add_to_cart'
    union all
    select day, action as metric, acts as value from act_figures where source = 'message_events'
),

person_metrics as (
    select
        {{ tokyo_day('first_seen_at') }} as day,
        case when is_visitor then 'new_visitors' else 'new_customers' end as metric,
        1 as value
    from {{ ref('persons') }}
    where first_seen_at < {{ as_of_end_at() }}
),

all_metrics as (
    select day, metric, cast(value as decimal(18, 2)) as value from order_metrics
    union all
    select day, metric, cast(value as decimal(18, 2)) as value from act_metrics
    union all
    select day, metric, cast(value as decimal(18, 2)) as value from person_metrics
),

summed as (
    select
        day,
        metric,
        sum(value) as value
    from all_metrics
    group by day, metric
),

days as (
    select day from summed
    union
    select context.as_of as day from {{ source('run', 'context') }} as context
),

metrics as (
    select 'orders' as metric
    {% for metric in ['orders_ec', 'orders_store', 'trial_orders', 'returns', 'net_sales', 'net_sales_ec', 'net_sales_store',
        'new_customers', 'new_visitors', 'web_views', 'web_events', 'visits', 'message_sent', 'message_opened', 'message_clicked'] -%}
    union all
    select '{{ metric }}' as metric
    {% endfor -%}
    union
    select metric from summed
),

-- Every metric on every day on which anything happened: a day without orders is 0, not missing.
kpi_daily as (
    select
        days.day,
        metrics.metric,
        cast(coalesce(summed.value, 0) as decimal(18, 2)) as value
    from days
    cross join metrics
    left join summed on days.day = summed.day and metrics.metric = summed.metric
)

select * from kpi_daily
