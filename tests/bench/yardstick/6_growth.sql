-- The User Growth Map: first touches of each kind of a brand's information, first purchases, and the curve between them.

create table informed as
select customer_id, brand_id, information_kind as kind, occurred_at as seen_at, touchpoint_id as id
from touchpoints
where customer_id is not null and brand_id is not null and information_kind is not null;

create table first_bought as
select t.customer_id, t.brand_id, min(t.occurred_at) as seen_at
from touchpoints as t semi join (select order_id from orders where is_counted) as o using (order_id)
where t.action = 'purchase' and t.customer_id is not null and t.brand_id is not null
group by all;

create table grown as
with firsts as (
    select
        customer_id, brand_id, kind, min(i.seen_at) as seen_at, min((i.seen_at, i.id)) as first_touch, any_value(b.seen_at) as bought_at,
        max((i.seen_at, i.id)) filter (where i.seen_at < b.seen_at) as last_before
    from informed as i left join first_bought as b using (customer_id, brand_id)
    group by all
)
select
    f.*, p.is_visitor, coalesce(seen_at < bought_at, false) as is_buyer, coalesce(seen_at >= bought_at, false) as is_late,
    tokyo_day(bought_at) - tokyo_day(seen_at) as days,
    first_touch = min(first_touch) over brand and not coalesce(seen_at >= bought_at, false) as is_first,
    coalesce(last_before = max(last_before) over brand, false) as is_last
from firsts as f inner join persons as p using (customer_id)
window brand as (partition by customer_id, brand_id);

create table growth_map as
select
    brand_id, kind as information_kind, count_if(not is_late) as touched, count_if(is_buyer) as buyers,
    count_if(is_buyer) / nullif(count_if(not is_late), 0) as conversion,
    quantile_cont(days, 0.25) filter (where is_buyer) as p25_days, median(days) filter (where is_buyer) as median_days,
    quantile_cont(days, 0.75) filter (where is_buyer) as p75_days, count_if(is_late) as already_buyers,
    count_if(is_first) as first_touched, count_if(is_first and is_buyer) as first_touch_buyers, count_if(is_last) as last_touch_buyers
from grown
where not is_visitor
group by all;

-- Each curve's days, and how many were still to come on each; the product of the shares that stayed.
create table growth_map_curve as
with ends as (
    select brand_id, kind, case when is_buyer then days else getvariable('as_of') - tokyo_day(seen_at) end as day, is_buyer
    from grown
    where not is_visitor and not is_late
),
counts as (
    select
        brand_id, kind, day, count(*) filter (where is_buyer) as events, count(*) filter (where not is_buyer) as censored,
        sum(count(is_buyer)) over (partition by brand_id, kind order by day desc) as at_risk
    from (from ends union all select distinct brand_id, kind, 0, cast(null as boolean) from ends)
    group by brand_id, kind, day
),
products as (
    select
        *, product(1 - events / at_risk) over so_far as survival,
        sqrt(sum(events / nullif(at_risk * (at_risk - events), 0)) over so_far) as spread
    from counts
    window so_far as (partition by brand_id, kind order by day)
)
select
    brand_id, kind as information_kind, day, at_risk, events, censored, survival,
    case when survival in (0, 1) then survival else pow(survival, exp(-1.959963984540054 * spread / ln(survival))) end as ci_low,
    case when survival in (0, 1) then survival else pow(survival, exp(1.959963984540054 * spread / ln(survival))) end as ci_high
from products;

create table growth_map_paths as
with touched as (
    select
        i.customer_id, i.brand_id, list(i.kind order by i.seen_at, i.id) as kinds,
        tokyo_day(any_value(b.seen_at)) - tokyo_day(min(i.seen_at)) as days
    from informed as i inner join first_bought as b on i.customer_id = b.customer_id and i.brand_id = b.brand_id and i.seen_at < b.seen_at
    semi join (select customer_id from persons where not is_visitor) as c on i.customer_id = c.customer_id
    group by i.customer_id, i.brand_id
),
steps as (
    select brand_id, days, list_filter(kinds, lambda kind, n: n = 1 or kinds[n - 1] <> kind) as kinds from touched
),
paths as (
    select
        brand_id, days,
        case when len(kinds) > 5 then '... > ' else '' end || array_to_string(kinds[greatest(len(kinds) - 4, 1):], ' > ') as path
    from steps
),
counted as (select brand_id, path, count(*) as customers, median(days) as median_days from paths group by all)
select
    brand_id, row_number() over (partition by brand_id order by customers desc, path) as position, path, customers,
    customers / sum(customers) over (partition by brand_id) as share, median_days
from counted
qualify position <= 10;
