-- Campaigns: whoever took part against comparable others, customer by customer, all known customers against every campaign.

create macro midnight(d) as cast(d as timestamp) - interval 9 hours;
create macro sales_band_of(yen) as case
    when yen < 1 then 'under 1' when yen < 10000 then 'from 1' when yen < 30000 then 'from 10000' else 'from 30000'
end;
create macro rank_of(days_bought, bought, reviewed, acted, viewed, days_viewed, touched) as case
    when days_bought >= 3 and reviewed >= 1 or days_bought >= 6 then 1 when bought >= 1 then 2 when acted >= 1 then 3
    when viewed >= 3 and days_viewed >= 2 then 4 when viewed >= 2 then 5 when touched >= 1 then 6
end;

create table promo_arms as
select c.campaign_id, o.customer_id, a.value = 'treated' as treated, a.updated_at as acted_at
from campaigns as c
inner join attribute_versions as a on a.name = c.campaign_id || '_arm'
inner join owners as o on o.kind = a.identifier_kind and o.value = a.identifier
semi join (select customer_id from persons where not is_visitor) as p using (customer_id)
where a.value in ('treated', 'control') and a.updated_at < getvariable('until')
qualify row_number() over (partition by c.campaign_id, o.customer_id order by a.updated_at, a.value) = 1;

create table promo as
select
    *, ends_on + 60 as over_on, midnight(starts_on) as starts_at, midnight(ends_on + 1) as ends_at, ends_on + 60 <= getvariable('as_of') as is_over,
    campaign_id in (select campaign_id from promo_arms group by 1 having count(distinct treated) = 2) as is_random
from campaigns
where starts_on <= getvariable('as_of');

create table promo_messages as
select p.campaign_id, t.customer_id, min(t.occurred_at) filter (where t.action = 'message_sent') as sent_at,
    bool_or(t.action = 'message_opened') as opened, bool_or(t.action = 'message_clicked') as clicked
from message_events as m
inner join promo as p on m.scenario_id = p.campaign_id or m.message_id = p.campaign_id
inner join touchpoints as t on t.source = 'message_events' and t.source_key = m.message_event_id
where t.customer_id is not null and t.action in ('message_sent', 'message_opened', 'message_clicked')
group by all;

create table promo_took as
with sold as (
    select o.*, e.coupon_code from orders_all as o left join ec_orders as e on o.source = 'ec_orders' and o.source_key = e.order_id
    where o.is_sale and o.customer_id is not null
),
acts as (
    select p.campaign_id, s.customer_id, 1 as choice, s.ordered_at as acted_at from sold as s
    inner join promo as p on p.campaign_id = s.campaign_id or p.campaign_id = s.coupon_code
    where p.kind in ('ec_event', 'coupon')
    union all
    select p.campaign_id, s.customer_id, 2, s.ordered_at from sold as s
    inner join promo as p on s.ordered_on between p.starts_on and p.ends_on
    where p.kind = 'ec_event' and s.channel = 'ec'
    union all
    select p.campaign_id, t.customer_id, 1, t.occurred_at from touchpoints as t
    inner join promo as p on t.store_id = p.store_id and t.occurred_on between p.starts_on and p.ends_on
    where p.kind = 'store_event' and t.action in ('visit', 'purchase')
    union all
    select p.campaign_id, m.customer_id, 1, m.sent_at from promo_messages as m inner join promo as p using (campaign_id)
    where p.kind = 'mail' and m.sent_at is not null
    union all
    select p.campaign_id, s.customer_id, 2, s.ordered_at from sold as s
    inner join promo as p on p.campaign_id = s.campaign_id or p.campaign_id = s.coupon_code
    where p.kind = 'mail'
)
select campaign_id, customer_id, true as treated, min(acted_at) as acted_at, min(acted_at) >= any_value(ends_at) as late, any_value(over_on) > getvariable('as_of') as waits
from (
    select a.*, p.ends_at, p.over_on from acts as a inner join promo as p using (campaign_id)
    semi join (select customer_id from persons where not is_visitor) as c using (customer_id)
    where a.acted_at >= p.starts_at and not p.is_random
    qualify a.choice = min(a.choice) over (partition by campaign_id)
)
group by campaign_id, customer_id
union all
select a.campaign_id, customer_id, treated, acted_at, false, acted_at + interval 60 day > getvariable('until')
from promo_arms as a semi join (from promo where is_random) as p using (campaign_id);

-- everybody who is compared, with the bounds of his past and of what counts afterwards
create table promo_people as
select
    p.campaign_id, p.brand_id, c.customer_id, coalesce(t.treated, false) as treated, false as is_random, p.starts_at as past_until,
    p.starts_at - interval 365 day as past_from, p.ends_at as next_from, p.ends_at + interval 60 day as next_until,
    p.starts_on - 1 as before_on, p.over_on as after_on, p.starts_on - 1 as ranked_on, p.over_on as reranked_on, p.starts_on, p.ends_on
from promo as p
inner join persons as c on not c.is_visitor and c.first_seen_at < p.starts_at
left join promo_took as t on t.campaign_id = p.campaign_id and t.customer_id = c.customer_id
where p.is_over and not p.is_random and not coalesce(t.late, false) and p.campaign_id in (select campaign_id from promo_took)
union all
select
    p.campaign_id, p.brand_id, t.customer_id, t.treated, true, t.acted_at, t.acted_at - interval 365 day, t.acted_at, t.acted_at + interval 60 day, tokyo_day(t.acted_at),
    tokyo_day(t.acted_at) + 60, tokyo_day(t.acted_at) - 1, tokyo_day(t.acted_at) + 59, null, null
from promo as p inner join promo_took as t using (campaign_id)
where p.is_random and not t.waits;

create table promo_bought as
select
    p.campaign_id, p.customer_id, count_if(o.is_counted and o.ordered_at < p.past_until) as f0,
    max(o.ordered_on) filter (where o.is_counted and o.ordered_at < p.past_until) as on0,
    max(o.ordered_on) filter (where o.is_trial and o.ordered_at < p.past_until) as trial0,
    count_if(o.is_counted and o.ordered_at >= p.past_from and o.ordered_at < p.past_until) as orders,
    coalesce(sum(o.net_amount) filter (where o.ordered_at >= p.past_from and o.ordered_at < p.past_until), 0) as sales,
    list_sort(list(distinct o.channel) filter (where o.is_counted and o.ordered_at >= p.past_from and o.ordered_at < p.past_until)) as ways,
    count_if(o.is_counted and o.ordered_at >= p.next_from and o.ordered_at < p.next_until) as more,
    max(o.ordered_on) filter (where o.is_counted and o.ordered_at >= p.next_from and o.ordered_at < p.next_until) as on1,
    max(o.ordered_on) filter (where o.is_trial and o.ordered_at >= p.next_from and o.ordered_at < p.next_until) as trial1,
    coalesce(sum(o.net_amount) filter (where o.ordered_at >= p.next_from and o.ordered_at < p.next_until), 0) as next_sales
from promo_people as p inner join orders as o using (customer_id)
group by all;

create table promo_ranked as
with days as (
    select
        t.customer_id, t.brand_id, t.occurred_on, bool_or(action = 'purchase') as bought, count_if(action = 'review') as reviewed,
        count_if(action in ('product_view', 'content_view')) as viewed,
        count_if(action in ('review', 'like', 'clip', 'add_to_cart', 'visit')) as acted
    from touchpoints as t semi join promo_people using (customer_id)
    where t.brand_id is not null
    group by all
),
whole as (
    select customer_id, occurred_on, bool_or(bought) as bought, sum(reviewed) as reviewed, sum(viewed) as viewed, sum(acted) as acted
    from days group by all
),
dated as (
    select p.campaign_id, p.customer_id, d.* exclude (customer_id, brand_id), p.ranked_on, p.reranked_on, p.starts_on, p.ends_on
    from promo_people as p inner join days as d on d.customer_id = p.customer_id and d.brand_id = p.brand_id
    union all
    select p.campaign_id, p.customer_id, d.* exclude (customer_id), p.ranked_on, p.reranked_on, p.starts_on, p.ends_on
    from promo_people as p inner join whole as d on d.customer_id = p.customer_id and p.brand_id is null
),
flagged as (
    select
        *, occurred_on <= ranked_on and occurred_on > ranked_on - 365 as b,
        occurred_on <= reranked_on and occurred_on > reranked_on - 365 and not coalesce(occurred_on between starts_on and ends_on, false) as a
    from dated
)
select
    campaign_id, customer_id,
    rank_of(
        count_if(b and bought), count_if(b and bought), sum(reviewed) filter (where b), sum(acted) filter (where b),
        sum(viewed) filter (where b), count_if(b and viewed > 0), count_if(b)) as r0,
    rank_of(
        count_if(a and bought), count_if(a and bought), sum(reviewed) filter (where a), sum(acted) filter (where a),
        sum(viewed) filter (where a), count_if(a and viewed > 0), count_if(a)) as r1
from flagged
group by all;

create table promo_customers as
with states as (
    select
        p.campaign_id, p.customer_id, p.treated, p.is_random, coalesce(b.f0, 0) as f0, coalesce(b.f0 + b.more, 0) as f1,
        full_months(coalesce(b.on0, b.trial0), p.before_on) as m0,
        full_months(coalesce(b.on1, b.on0, b.trial1, b.trial0), p.after_on) as m1,
        coalesce(b.orders, 0) as orders, coalesce(b.sales, 0) as sales,
        case len(b.ways) when 2 then 'both' when 1 then b.ways[1] else 'none' end as channel,
        case when b.more > 0 then 1 else 0 end as purchase, coalesce(b.next_sales, 0) as net_sales, r.r0, r.r1
    from promo_people as p
    left join promo_bought as b using (campaign_id, customer_id)
    left join promo_ranked as r using (campaign_id, customer_id)
),
steps as (
    select
        *, case when f0 = 0 then 0 when f0 = 1 then 1 when f0 < 6 then 2 else 3 end as c0,
        case when f1 = 0 then 0 when f1 = 1 then 1 when f1 < 6 then 2 else 3 end as c1,
        case lifecycle_of(f0, m0) when 'active' then 0 when 'dormant' then 1 else 2 end as l0,
        case lifecycle_of(f1, m1) when 'active' then 0 when 'dormant' then 1 else 2 end as l1
    from states
)
select
    campaign_id, treated, is_random, case when m0 is null then 'none' else segment_of(f0, m0) end as segment, coalesce('SABCDE'[r0], 'none') as rank, channel,
    sales_band_of(sales) as sales_band, f0 as orders_before, orders as prior_orders, sales as prior_sales, purchase, net_sales,
    case when m1 is not null and (m0 is null or c1 > c0 or c1 = c0 and l1 < l0) then 1 else 0 end as rf_up,
    case when m0 is not null and c1 = c0 and l1 > l0 then 1 else 0 end as rf_down,
    case when r1 < coalesce(r0, 9) then 1 else 0 end as rank_up,
    case when r0 < coalesce(r1, 9) then 1 else 0 end as rank_down
from steps;

create table promotion_outcomes as
with long as (
    unpivot (
        select
            campaign_id, treated, is_random, case when is_random then null else (segment, rank, channel, sales_band) end as stratum,
            cast(purchase as double) as purchase, cast(net_sales as double) as net_sales, cast(rf_up as double) as rf_up,
            cast(rf_down as double) as rf_down, cast(rank_up as double) as rank_up, cast(rank_down as double) as rank_down
        from promo_customers
    ) on purchase, net_sales, rf_up, rf_down, rank_up, rank_down into name outcome value y
),
cells as (
    select
        campaign_id, outcome, is_random, stratum, count_if(treated) as nt, count_if(not treated) as nc,
        avg(y) filter (where treated) as mt, avg(y) filter (where not treated) as mc,
        case when is_random and outcome <> 'net_sales' then var_pop(y) filter (where treated) else var_samp(y) filter (where treated) end as vt,
        case when is_random and outcome <> 'net_sales' then var_pop(y) filter (where not treated)
            else var_samp(y) filter (where not treated) end as vc
    from long group by campaign_id, outcome, is_random, stratum
),
shared as (
    select
        *, sum((nt - 1) * vt) over w / nullif(sum(nt - 1) over w, 0) as pt, sum((nc - 1) * vc) over w / nullif(sum(nc - 1) over w, 0) as pc
    from cells where nt > 0 and nc > 0
    window w as (partition by campaign_id, outcome)
),
sums as (
    select
        campaign_id, outcome, sum(nt) as nt, sum(nc) as nc, sum(nt * mt) / sum(nt) as mt, sum(nt * mc) / sum(nt) as mc,
        case when count(coalesce(vt, pt) + coalesce(vc, pc)) = count(*)
            then sqrt(sum(nt * nt * (coalesce(vt, pt) / nt + coalesce(vc, pc) / nc))) / sum(nt) end as se
    from shared group by all
),
naive as (
    select campaign_id, outcome, any_value(is_random) as is_random, avg(y) filter (where treated) - avg(y) filter (where not treated) as difference
    from long group by all
),
figures as (
    select
        n.campaign_id, n.outcome, n.is_random, coalesce(s.nt, 0) as nt, coalesce(s.nc, 0) as nc, s.mt, s.mc, n.difference,
        case when s.nt >= 30 and s.nc >= 30 then s.mt - s.mc end as d, 1.959963984540054 * s.se as half,
        case when n.outcome = 'net_sales' then 2 else 12 end as digits
    from naive as n left join sums as s using (campaign_id, outcome)
)
select
    campaign_id, outcome, case when digits = 2 then 'yen a customer' else 'share of customers' end as unit,
    case when is_random then 'holdout' else 'matched' end as design, case when is_random then 'effect' else 'association' end as claim,
    nt as assigned, nc as control, round(mt, digits) as assigned_mean, round(mc, digits) as control_mean, round(d, digits) as estimate,
    round(d - half, digits) as ci_low, round(d + half, digits) as ci_high, round(difference, digits) as unadjusted_difference,
    coalesce(abs(d) > half, false) as is_conclusive
from figures;

create table promotion_effects as
with people as (
    select
        t.campaign_id, count_if(t.treated) as assigned, count_if(t.treated and t.waits) as waiting, bool_or(not t.waits) as any_closed,
        count(m.sent_at) filter (where t.treated) as sent, count_if(t.treated and m.opened) as opened,
        count_if(t.treated and m.clicked) as clicked
    from promo_took as t left join promo_messages as m using (campaign_id, customer_id)
    group by all
),
raw as (
    select campaign_id, is_random, case when is_random then null else (segment, rank, channel, sales_band) end as stratum, treated,
        count(*) as n, sum(purchase) as bought, sum(net_sales) as yen
    from promo_customers group by all
),
counted as (
    select t.campaign_id, sum(t.n) as compared, sum(c.n) as control, sum(t.bought) as converted, sum(c.bought) as control_converted,
        sum(t.yen) as revenue, sum(cast(t.yen as double) - t.n * cast(c.yen as double) / c.n) as gained
    from raw as t inner join raw as c
        on t.campaign_id = c.campaign_id and t.stratum is not distinct from c.stratum and t.treated and not c.treated
    group by all
),
joined as (
    select
        p.*, coalesce(q.assigned, 0) as assigned, coalesce(q.waiting, 0) as waiting, coalesce(c.compared, 0) as compared,
        coalesce(c.control, 0) as control, coalesce(q.sent, 0) as sent, coalesce(q.opened, 0) as opened, coalesce(q.clicked, 0) as clicked,
        coalesce(c.converted, 0) as converted, coalesce(c.control_converted, 0) as control_converted, coalesce(c.revenue, 0) as revenue,
        case when c.compared >= 30 and c.control >= 30 then c.gained end as gained, o.assigned_mean, o.control_mean, o.estimate, o.ci_low,
        o.ci_high, coalesce(p.is_over or p.is_random and q.any_closed, false) as mature
    from promo as p
    left join people as q using (campaign_id)
    left join counted as c using (campaign_id)
    left join promotion_outcomes as o on o.campaign_id = p.campaign_id and o.outcome = 'purchase'
)
select
    campaign_id, kind, starts_on, ends_on, over_on as outcome_until_on, case when is_random then 'holdout' else 'matched' end as design,
    case when is_random then 'effect' else 'association' end as claim, assigned, compared, assigned - compared - waiting as unmatched, waiting,
    control, sent, opened, clicked, converted, control_converted, opened / nullif(sent, 0) as open_rate,
    clicked / nullif(sent, 0) as click_rate, assigned_mean as conversion_rate, control_mean as control_rate, estimate as lift, ci_low, ci_high,
    revenue, gained as revenue_difference, cost, gained / cost as iroas, mature as is_mature,
    mature and coalesce(ci_low > 0 or ci_high < 0, false) as is_conclusive,
    case
        when not mature then 'immature' when compared = 0 then 'nobody to compare' when compared < 30 or control < 30 then 'too few'
        when ci_low > 0 then 'higher' when ci_high < 0 then 'lower' else 'open'
    end as verdict
from joined;

create table promotion_balance as
with weighed as (
    select
        *, count_if(treated) over w as nt, count_if(not treated) over w as nc,
        case when is_random or treated and count_if(not treated) over w > 0 then 1.0
            when not treated then count_if(treated) over w / count_if(not treated) over w else 0 end as weight
    from promo_customers
    window w as (partition by campaign_id, segment, rank, channel, sales_band)
),
long as (
    select campaign_id, treated, weight, unnest(['orders_before', 'prior_orders', 'prior_sales']) as covariate, '' as level,
        unnest([orders_before, prior_orders, cast(prior_sales as double)]) as x
    from weighed
    union all
    select w.campaign_id, treated, weight, l.covariate, l.level, case when l.level = case l.covariate
        when 'segment' then segment when 'rank' then rank when 'channel' then channel else sales_band end then 1 else 0 end
    from weighed as w
    inner join (
        select distinct campaign_id, unnest(['segment', 'rank', 'channel', 'sales_band']) as covariate,
            unnest([segment, rank, channel, sales_band]) as level
        from promo_customers
    ) as l using (campaign_id)
),
-- fsum, favg: a hundred thousand weights, summed plainly, are wrong in the twelfth digit
arms as (
    select
        campaign_id, covariate, level, favg(x) filter (where treated) as a, favg(x) filter (where not treated) as c,
        sqrt((var_pop(x) filter (where treated) + var_pop(x) filter (where not treated)) / 2) as deviation,
        fsum(x * weight) filter (where treated) / nullif(fsum(weight) filter (where treated), 0) as ma,
        fsum(x * weight) filter (where not treated) / nullif(fsum(weight) filter (where not treated), 0) as mc
    from long group by all
)
select
    campaign_id, covariate, level, a as assigned_mean, c as control_mean, (a - c) / nullif(deviation, 0) as difference_before,
    ma as matched_assigned_mean, mc as matched_control_mean, (ma - mc) / nullif(deviation, 0) as difference_after
from arms
where a is not null and c is not null;
