-- Daily figures. What lists held is read off the ledger of runs beside the landing, row by row as it was written: which steps are due
-- is no figure of the marts. The last three metrics are those that seeds/kpis.yml ships.

create table kpi_orders as
select
    ordered_on as day, unnest(['', '_' || channel]) as suffix, count_if(is_counted) as orders, count_if(is_trial) as trial_orders,
    count_if(is_return) as returns, sum(net_amount) as net_sales, sum(if(is_counted, net_amount, 0)) as paid
from orders
where is_counted or is_trial or is_return
group by ordered_on, channel;

create table kpi_figures as
select day, 'orders' || suffix as metric, sum(orders) as value from kpi_orders group by all
union all
select day, 'trial_orders' || suffix, sum(trial_orders) from kpi_orders group by all
union all
select day, 'returns' || suffix, sum(returns) from kpi_orders group by all
union all
select day, 'net_sales' || suffix, sum(net_sales) from kpi_orders group by all
union all
select day, 'average_order_value' || suffix, sum(paid) / sum(orders) from kpi_orders group by all having sum(orders) > 0
union all
select o.ordered_on, unnest(['buyers', if(o.ordered_on = f.first_on, 'new_buyers', 'repeat_customers')]), count(distinct o.customer_id)
from orders as o
inner join (select customer_id, min(ordered_on) as first_on from orders where is_counted group by customer_id) as f using (customer_id)
where o.is_counted
group by o.ordered_on, o.ordered_on = f.first_on
union all
select
    occurred_on,
    unnest(list_filter([
        case when action in ('page_view', 'product_view', 'content_view') then 'web_views' end,
        case when source = 'web_events' then 'web_events' end, case when action = 'visit' then 'visits' end,
        case when action = 'reservation' then 'reservations' end, case when action = 'review' then 'reviews' end,
        case when source = 'social_actions' then 'social_actions' end, case when action = 'survey' then 'surveys' end,
        case when action = 'add_to_cart' then 'carts_filled' end, case when source = 'message_events' then action end
    ], lambda x: x is not null)),
    count(*)
from touchpoints group by occurred_on, source, action
union all
select t.occurred_on, 'active_customers', count(distinct t.customer_id)
from touchpoints as t semi join (select customer_id from persons where not is_visitor) as p using (customer_id)
where t.action not in ('message_sent', 'message_delivered', 'message_bounced')
group by t.occurred_on
union all
select
    t.occurred_on, unnest(['score_product', 'score_lifestyle', 'score_lifestance', 'score_total']),
    unnest([sum(l.product), sum(l.lifestyle), sum(l.lifestance), sum(l.product + l.lifestyle + l.lifestance)])
from score_ledger as l inner join touchpoints as t using (touchpoint_id)
group by t.occurred_on
union all
select tokyo_day(first_seen_at), if(is_visitor, 'new_visitors', 'new_customers'), count(*)
from persons where first_seen_at < getvariable('until') group by all
union all
select as_of, if(holdout, 'held_out', 'listed'), count(*)
from read_parquet(getvariable('landing') || '/../ledger/scenario_steps/*.parquet') where as_of <= getvariable('as_of') group by all
union all
select as_of, 'suppressed', count(*)
from read_parquet(getvariable('landing') || '/../ledger/suppressions/*.parquet')
where as_of <= getvariable('as_of') and reason <> 'holdout' group by all
union all
select ordered_on, 'gift_orders', count(*) from orders where is_counted and is_gift group by ordered_on
union all
select occurred_on, 'line_openers', count(distinct customer_id) from touchpoints
where action = 'message_opened' and channel = 'line' group by occurred_on
union all
select ordered_on, 'largest_order', max(net_amount) from orders where is_counted group by ordered_on;

create table kpi_daily as
with summed as (
    select day, metric, cast(sum(value) as decimal(18, 2)) as value from kpi_figures group by all
),
days as (select day from summed union select getvariable('as_of')),
metrics as (
    select unnest([
        'active_customers', 'buyers', 'new_buyers', 'repeat_customers', 'new_customers', 'new_visitors', 'orders', 'orders_ec',
        'orders_store', 'trial_orders', 'trial_orders_ec', 'trial_orders_store', 'returns', 'returns_ec', 'returns_store', 'net_sales',
        'net_sales_ec', 'net_sales_store', 'score_product', 'score_lifestyle', 'score_lifestance', 'score_total', 'web_views',
        'web_events', 'carts_filled', 'visits', 'reservations', 'reviews', 'social_actions', 'surveys', 'message_sent',
        'message_delivered', 'message_opened', 'message_clicked', 'message_bounced', 'message_unsubscribed', 'message_complained',
        'listed', 'held_out', 'suppressed', 'gift_orders', 'line_openers'
    ]) as metric
)
select d.day, m.metric, coalesce(s.value, 0) as value
from days as d cross join metrics as m left join summed as s using (day, metric)
union all
select day, metric, value from summed where metric like 'average_order_value%' or metric = 'largest_order'
union all
select d.day, 'customers', sum(coalesce(s.value, 0)) over (order by d.day)
from days as d left join summed as s on d.day = s.day and s.metric = 'new_customers';

create table kpi_metrics as
select distinct metric, metric in ('gift_orders', 'line_openers', 'largest_order') as is_own from kpi_daily;
