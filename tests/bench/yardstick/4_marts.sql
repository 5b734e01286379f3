-- RF, conversion, ranks, scores and badges, with the thresholds of the specification written out.

create macro full_months(a, b) as
    datediff('month', a, b) - case when a + datediff('month', a, b) * interval 1 month > b then 1 else 0 end;
create macro recency_band(m) as case when m >= 14 then '14+' else printf('%02d', m) end;
create macro frequency_band(f) as case when f >= 6 then '6+' else cast(f as varchar) end;
create macro lifecycle_of(f, m) as
    case when m < 4 then 'active' when f = 0 then 'lapsed' when m < 8 then 'dormant' else 'lapsed' end;
create macro segment_of(f, m) as
    case when f = 0 then 'prospect' when f = 1 then 'new' when f < 6 then 'promising' else 'loyal' end || '_' || lifecycle_of(f, m);

-- What stood after each day on which a customer ordered or returned something, until his next such day.
create table rf_states as
with days as (
    select
        customer_id, ordered_on, count_if(is_counted) as orders, sum(net_amount) as net_amount,
        max(ordered_on) filter (where is_counted) as counted_on, max(ordered_on) filter (where is_trial) as trial_on,
        bit_or(if(channel = 'ec', 1, 2)) filter (where is_counted) as bought_in,
        bit_or(if(channel = 'ec', 1, 2)) filter (where is_trial) as tried_in
    from orders
    where customer_id is not null and (is_counted or is_trial or is_return)
    group by customer_id, ordered_on
)
select
    customer_id, ordered_on as from_on, coalesce(lead(ordered_on) over w, date '9999-01-01') as until_on,
    cast(sum(orders) over w as bigint) as frequency, sum(net_amount) over w as net_sales,
    coalesce(max(counted_on) over w, max(trial_on) over w) as recent_on, min(counted_on) over w as first_on,
    coalesce(bit_or(bought_in) over w, bit_or(tried_in) over w) as bought_in,
    min(counted_on) over (partition by customer_id order by ordered_on rows between 1 following and unbounded following) as next_on
from days
window w as (partition by customer_id order by ordered_on);

create table rf_customers as
select
    customer_id, m as recency_months, recency_band(m) as recency_band, frequency, frequency_band(frequency) as frequency_band,
    segment_of(frequency, m) as segment, lifecycle_of(frequency, m) as lifecycle, net_sales
from (select *, full_months(recent_on, getvariable('as_of')) as m from rf_states where recent_on is not null)
where from_on <= getvariable('as_of') and until_on > getvariable('as_of');

create table days_of_table as
select getvariable('as_of') as as_of
union
select last_day(getvariable('as_of') - n * interval 1 month) from range(1, 25) as r(n);

create table rf_cells as
select
    d.as_of, recency_band(full_months(s.recent_on, d.as_of)) as recency_band, frequency_band(s.frequency) as frequency_band,
    case s.bought_in when 1 then 'ec' when 2 then 'store' else 'both' end as channel,
    cast(date_trunc('month', s.first_on) as date) as cohort_month, count(*) as customers, sum(s.net_sales) as net_sales,
    count(*) filter (where s.next_on <= d.as_of + 30) as r30, count(*) filter (where s.next_on <= d.as_of + 60) as r60,
    count(*) filter (where s.next_on <= d.as_of + 90) as r90, count(*) filter (where s.next_on <= d.as_of + 180) as r180
from rf_states as s inner join days_of_table as d on s.from_on <= d.as_of and s.until_on > d.as_of
where s.recent_on is not null
group by all;

create table rf_matrix as
with cubed as (
    select
        as_of, coalesce(recency_band, 'total') as recency_band, coalesce(frequency_band, 'total') as frequency_band,
        sum(customers) as customers, sum(net_sales) as net_sales, sum(r30) as r30, sum(r60) as r60, sum(r90) as r90, sum(r180) as r180
    from rf_cells
    group by grouping sets (
        (as_of, recency_band, frequency_band), (as_of, recency_band), (as_of, frequency_band), (as_of)
    )
),
windowed as (
    select *, unnest([30, 60, 90, 180]) as window_days, unnest([r30, r60, r90, r180]) as repeaters from cubed
),
grid as (
    select
        d.as_of, w.window_days, r.m, f.f, case when r.m < 0 then 'total' else recency_band(r.m) end as recency_band,
        case when f.f < 0 then 'total' else frequency_band(f.f) end as frequency_band,
        d.as_of + w.window_days <= getvariable('as_of') as is_mature
    from days_of_table as d cross join unnest([30, 60, 90, 180]) as w(window_days) cross join range(-1, 15) as r(m)
    cross join range(-1, 7) as f(f)
),
wholes as (select * from cubed where recency_band = 'total' and frequency_band = 'total')
select
    g.as_of, g.window_days, g.recency_band, g.frequency_band, case when g.m >= 0 and g.f >= 0 then segment_of(g.f, g.m) end as segment,
    coalesce(c.customers, 0) as customers, coalesce(c.customers, 0) / nullif(w.customers, 0) as customer_share,
    coalesce(c.net_sales, 0) as net_sales, cast(coalesce(c.net_sales, 0) as double) / nullif(cast(w.net_sales as double), 0) as sales_share,
    coalesce(c.repeaters, 0) as repeaters,
    case when g.is_mature then c.repeaters / c.customers end as repeat_rate, g.is_mature
from grid as g
left join windowed as c using (as_of, window_days, recency_band, frequency_band)
left join wholes as w using (as_of);

create table purchase_conversion as
with counted as (
    select customer_id, row_number() over w as k, ordered_on, lead(ordered_on) over w as next_on, ordered_at
    from orders
    where is_counted and customer_id is not null
    window w as (partition by customer_id order by ordered_at, order_id)
),
trials as (
    select customer_id, min(ordered_at) as ordered_at, min(ordered_on) as ordered_on
    from orders where is_trial and customer_id is not null group by customer_id
),
steps as (
    select k, ordered_on, next_on from counted
    union all
    select 0, t.ordered_on, c.ordered_on
    from trials as t left join counted as c on t.customer_id = c.customer_id and c.k = 1
    where c.ordered_at is null or c.ordered_at >= t.ordered_at
),
judged as (
    select *, ordered_on + 365 <= getvariable('as_of') as is_mature, next_on - ordered_on as days from steps
)
select
    j.k, count(*) as reached_k, count(j.next_on) as reached_next, count(*) filter (where j.is_mature) as mature_k,
    count(*) filter (where j.is_mature and j.days <= 365) as mature_next,
    count(*) filter (where j.is_mature and j.days <= 365) / nullif(count(*) filter (where j.is_mature), 0) as conversion,
    median(j.days) filter (where j.is_mature and j.days <= 365) as median_days
from judged as j
group by j.k;

-- Brand ranks at the day and at the month end before it, from the touches of the 365 days up to each.
create table ranked as
with touches as (
    select
        t.customer_id, t.brand_id, t.occurred_on, t.action,
        case when t.action = 'purchase' then t.order_id end as purchase_id
    from touchpoints as t
    semi join (select customer_id from persons where not is_visitor) as c using (customer_id)
    where t.brand_id is not null and t.occurred_on > last_day(getvariable('as_of') - interval 1 month) - 365
),
by_day as (
    select
        customer_id, brand_id, occurred_on, count(distinct purchase_id) as purchases,
        count_if(action = 'review') as reviews, count_if(action in ('product_view', 'content_view')) as views,
        count_if(action in ('review', 'like', 'clip', 'add_to_cart', 'visit')) as acts
    from touches
    group by all
),
counts as (
    select
        d.is_now, t.customer_id, t.brand_id, sum(purchases) as purchases, count_if(purchases > 0) as purchase_days,
        sum(reviews) as reviews, sum(views) as views, count_if(views > 0) as view_days, sum(acts) as acts
    from by_day as t
    inner join (
        select getvariable('as_of') as on_day, true as is_now
        union all
        select last_day(getvariable('as_of') - interval 1 month), false
    ) as d on t.occurred_on <= d.on_day and t.occurred_on > d.on_day - 365
    group by all
)
select
    is_now, customer_id, brand_id, purchases, views, reviews,
    case
        when purchase_days >= 3 and reviews >= 1 then 'S_reviews'
        when purchase_days >= 6 then 'S_returns'
        when purchases >= 1 then 'A_bought'
        when acts >= 1 then 'B_acted'
        when views >= 3 and view_days >= 2 then 'C_viewed_again'
        when views >= 2 then 'D_viewed'
        else 'E_touched'
    end as reason,
    left(reason, 1) as rank
from counts;

create table brand_ranks as
select
    customer_id, brand_id, rank, purchases, views, reviews, reason, rank in ('B', 'C', 'D', 'E') and purchases = 0 as is_potential
from ranked
where is_now;

create table brand_pyramid as
with steps as (select * from (values ('S', 1), ('A', 2), ('B', 3), ('C', 4), ('D', 5), ('E', 6)) as v(rank, step)),
moves as (
    select n.brand_id, n.rank, coalesce(sn.step < sb.step, false) as up, coalesce(sn.step > sb.step, false) as down
    from (select * from ranked where is_now) as n
    left join (select * from ranked where not is_now) as b using (customer_id, brand_id)
    left join steps as sn on n.rank = sn.rank
    left join steps as sb on b.rank = sb.rank
),
counted as (select brand_id, rank, count(*) as customers, count_if(up) as moved_up, count_if(down) as moved_down from moves group by all)
select
    b.brand_id, s.rank, coalesce(c.customers, 0) as customers,
    coalesce(c.customers, 0) / nullif(sum(c.customers) over (partition by b.brand_id), 0) as share,
    coalesce(c.moved_up, 0) as moved_up, coalesce(c.moved_down, 0) as moved_down
from (select distinct brand_id from ranked) as b
cross join steps as s
left join counted as c on b.brand_id = c.brand_id and s.rank = c.rank;

create table score_ledger as
select
    t.touchpoint_id, t.action as rule_id,
    case when t.action = 'purchase' then 8 when t.action = 'visit' then 0 else 3 end as product,
    case when t.action = 'purchase' then 1 when t.action = 'visit' then 0 else 5 end as lifestyle,
    case when t.action = 'purchase' then 1 when t.action = 'visit' then 5 else 0 end as lifestance,
    t.customer_id
from touchpoints as t
semi join (select customer_id from persons where not is_visitor) as c using (customer_id)
where t.action in ('page_view', 'product_view', 'content_view', 'visit') or (t.action = 'purchase' and t.is_first_line);

create table scores as
with sums as (
    select customer_id, sum(product) as product, sum(lifestyle) as lifestyle, sum(lifestance) as lifestance
    from score_ledger group by customer_id
)
select
    p.customer_id, coalesce(product, 0) as product, coalesce(lifestyle, 0) as lifestyle, coalesce(lifestance, 0) as lifestance,
    coalesce(product + lifestyle + lifestance, 0) as total
from persons as p left join sums using (customer_id)
where not p.is_visitor and p.first_seen_at < getvariable('until');

create table badges as
with units as (
    select 'store_regular' as badge_id, customer_id, store_id as subject, min(occurred_at) as counted_at, 1 as units, '' as key
    from touchpoints
    where action in ('visit', 'purchase') and store_id is not null
    group by customer_id, store_id, occurred_on
    union all
    select 'product_lover', customer_id, product_id, occurred_at, quantity, touchpoint_id
    from touchpoints where action = 'purchase' and product_id is not null and quantity > 0
    union all
    select 'vision_reader', customer_id, '', occurred_at, 1, touchpoint_id
    from touchpoints where action in ('page_view', 'product_view', 'content_view') and information_kind = 'vision'
),
running as (
    select badge_id, customer_id, counted_at, sum(units) over (
        partition by badge_id, customer_id, subject order by counted_at, key rows unbounded preceding
    ) as total
    from units
    semi join (select customer_id from persons where not is_visitor) as c using (customer_id)
)
select customer_id, badge_id, min(counted_at) as earned_at
from running
where total >= case badge_id when 'store_regular' then 10 when 'product_lover' then 5 else 1 end
group by customer_id, badge_id;
