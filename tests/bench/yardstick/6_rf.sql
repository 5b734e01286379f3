-- RF by channel, by segment and by month of first purchase, cohort retention, and the moves between month ends, from the states and
-- cells of 4_marts.sql, with the segments of the specification written out.

create table rf_windows as
select * exclude (r30, r60, r90, r180), unnest([30, 60, 90, 180]) as window_days, unnest([r30, r60, r90, r180]) as repeaters from rf_cells;

create table rf_wholes as select as_of, sum(customers) as customers, sum(net_sales) as net_sales from rf_cells group by as_of;

create table rf_matrix_by_channel as
with cubed as (
    select
        as_of, window_days, channel, coalesce(recency_band, 'total') as recency_band, coalesce(frequency_band, 'total') as frequency_band,
        sum(customers) as customers, sum(net_sales) as net_sales, sum(repeaters) as repeaters
    from rf_windows
    group by grouping sets (
        (as_of, window_days, channel, recency_band, frequency_band), (as_of, window_days, channel, recency_band),
        (as_of, window_days, channel, frequency_band), (as_of, window_days, channel)
    )
)
select
    m.as_of, m.window_days, k.channel, m.recency_band, m.frequency_band, m.segment, coalesce(c.customers, 0) as customers,
    coalesce(c.customers, 0) / w.customers as customer_share, coalesce(c.net_sales, 0) as net_sales,
    cast(coalesce(c.net_sales, 0) as double) / nullif(cast(w.net_sales as double), 0) as sales_share, coalesce(c.repeaters, 0) as repeaters,
    case when m.is_mature then c.repeaters / c.customers end as repeat_rate, m.is_mature
from rf_matrix as m
cross join unnest(['ec', 'store', 'both']) as k(channel)
left join cubed as c using (as_of, window_days, channel, recency_band, frequency_band)
left join cubed as w on m.as_of = w.as_of and m.window_days = w.window_days and k.channel = w.channel
    and w.recency_band = 'total' and w.frequency_band = 'total';

create table rf_segment_totals as
with names(segment, lifecycle, label_ja, label_en) as (
    values
        ('prospect_active', 'active', '見込現役', 'Active prospect'), ('prospect_lapsed', 'lapsed', '見込離脱', 'Lapsed prospect'),
        ('new_active', 'active', '新規現役', 'Active new customer'), ('new_dormant', 'dormant', '新規休止', 'Dormant new customer'),
        ('new_lapsed', 'lapsed', '新規離脱', 'Lapsed new customer'),
        ('promising_active', 'active', '有望現役', 'Active promising customer'),
        ('promising_dormant', 'dormant', '有望休止', 'Dormant promising customer'),
        ('promising_lapsed', 'lapsed', '有望離脱', 'Lapsed promising customer'),
        ('loyal_active', 'active', '優良現役', 'Active loyal customer'), ('loyal_dormant', 'dormant', '優良休止', 'Dormant loyal customer'),
        ('loyal_lapsed', 'lapsed', '優良離脱', 'Lapsed loyal customer')
),
sums as (
    select
        as_of, window_days, segment_of(cast(left(frequency_band, 1) as integer), cast(left(recency_band, 2) as integer)) as segment,
        sum(customers) as customers, sum(net_sales) as net_sales, sum(repeaters) as repeaters
    from rf_windows group by all
)
select
    d.as_of, r.window_days, n.*, coalesce(s.customers, 0) as customers, coalesce(s.customers, 0) / w.customers as customer_share,
    coalesce(s.net_sales, 0) as net_sales,
    cast(coalesce(s.net_sales, 0) as double) / nullif(cast(w.net_sales as double), 0) as sales_share, coalesce(s.repeaters, 0) as repeaters,
    d.as_of + r.window_days <= getvariable('as_of') as is_mature, case when is_mature then s.repeaters / s.customers end as repeat_rate
from days_of_table as d cross join unnest([30, 60, 90, 180]) as r(window_days) cross join names as n
left join sums as s on d.as_of = s.as_of and r.window_days = s.window_days and n.segment = s.segment
left join rf_wholes as w on d.as_of = w.as_of;

create table rf_cohorts as
with sums as (
    select
        as_of, window_days, cohort_month, sum(customers) as customers, sum(net_sales) as net_sales, sum(repeaters) as repeaters,
        as_of + window_days <= getvariable('as_of') as is_mature
    from rf_windows
    where cohort_month is not null
    group by all
)
select
    s.*, date_diff('month', s.cohort_month, s.as_of) as months_after, s.customers / w.customers as customer_share,
    cast(s.net_sales as double) / nullif(cast(w.net_sales as double), 0) as sales_share,
    case when s.is_mature then s.repeaters / s.customers end as repeat_rate
from sums as s inner join rf_wholes as w using (as_of);

create table rf_cohort_retention as
with firsts as (
    select customer_id, min(ordered_on) as first_on, min(ordered_on, 2)[2] as second_on
    from orders where is_counted and customer_id is not null group by customer_id
),
months as (
    select
        cast(date_trunc('month', f.first_on) as date) as cohort_month, date_diff('month', f.first_on, o.ordered_on) as months_after,
        count(distinct o.customer_id) filter (where o.is_counted) as active_customers, count_if(o.is_counted) as orders,
        sum(o.net_amount) as net_sales
    from firsts as f inner join orders as o using (customer_id)
    where o.is_counted or o.is_trial or o.is_return
    group by all
),
cohorts as (select cast(date_trunc('month', first_on) as date) as cohort_month, count(*) as cohort_size from firsts group by all),
seconds as (
    select cast(date_trunc('month', first_on) as date) as cohort_month, date_diff('month', first_on, second_on) as months_after, count(*) as repeaters
    from firsts where second_on is not null group by all
)
select
    c.cohort_month, k.n as months_after, cast(c.cohort_month + to_months(cast(k.n as integer)) as date) as month, c.cohort_size,
    coalesce(m.active_customers, 0) as active_customers, last_day(month) <= getvariable('as_of') as is_complete,
    case when is_complete then coalesce(m.active_customers, 0) / c.cohort_size end as retention_rate,
    coalesce(sum(s.repeaters) over w, 0) as repeaters, coalesce(sum(s.repeaters) over w, 0) / c.cohort_size as repeater_share,
    coalesce(m.orders, 0) as orders, coalesce(m.net_sales, 0) as net_sales, coalesce(sum(m.net_sales) over w, 0) as net_sales_so_far
from cohorts as c
inner join range(0, 1200) as k(n) on k.n <= date_diff('month', c.cohort_month, getvariable('as_of'))
left join months as m on c.cohort_month = m.cohort_month and m.months_after = k.n
left join seconds as s on c.cohort_month = s.cohort_month and s.months_after = k.n
window w as (partition by c.cohort_month order by k.n);

create table rf_transitions as
with days as (select as_of, lag(as_of) over (order by as_of) as before from days_of_table),
snapshots as (
    select s.customer_id, d.as_of, d.before, segment_of(s.frequency, full_months(s.recent_on, d.as_of)) as segment
    from rf_states as s inner join days as d on s.from_on <= d.as_of and s.until_on > d.as_of
    where s.recent_on is not null
),
moves as (
    select n.before as from_as_of, n.as_of as to_as_of, coalesce(b.segment, 'none') as from_segment, n.segment as to_segment, count(*) as customers
    from snapshots as n left join snapshots as b on n.before = b.as_of and n.customer_id = b.customer_id
    where n.before is not null
    group by all
)
select *, customers / sum(customers) over (partition by to_as_of, from_segment) as share from moves;
