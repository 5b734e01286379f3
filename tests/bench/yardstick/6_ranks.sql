-- Ranks at month ends and of the whole house, journeys, and who and what stands behind each rank, with the thresholds written out.

create macro rank_rule(purchases, purchase_days, reviews, acts, views, view_days) as
    case
        when purchase_days >= 6 then case when reviews > 0 then 'S_reviews' else 'S_returns' end
        when purchase_days >= 3 and reviews > 0 then 'S_reviews'
        when purchases > 0 then 'A_bought'
        when acts > 0 then 'B_acted'
        when views >= 2 then case when view_days >= 2 and views >= 3 then 'C_viewed_again' else 'D_viewed' end
        else 'E_touched'
    end;

-- A customer's acts of a day by brand, and under '*' over all brands, where an order counts once.
create table touch_days as
with t as (
    select customer_id, occurred_on, brand_id, action, order_id from touchpoints
    semi join (select customer_id from persons where not is_visitor) using (customer_id)
    where brand_id is not null
)
select
    customer_id, occurred_on, coalesce(brand_id, '*') as brand_id, count(distinct order_id) filter (where action = 'purchase') as bought,
    count_if(action = 'review') as reviews, count_if(action in ('product_view', 'content_view')) as views,
    count_if(action in ('review', 'like', 'clip', 'add_to_cart', 'visit')) as acts,
    count_if(action in ('share', 'follow', 'mention')) as talks
from t
group by grouping sets ((customer_id, occurred_on, brand_id), (customer_id, occurred_on));

-- Days that the same month ends see stand together before each month end counts what it sees.
create table month_end_ranks as
with buckets as (
    select
        customer_id, brand_id, last_day(occurred_on) as seen_from, last_day(occurred_on + 365) as unseen_from, sum(bought) as bought,
        count_if(bought > 0) as bought_days, sum(reviews) as reviews, sum(views) as views, count_if(views > 0) as view_days,
        sum(acts) as acts
    from touch_days where brand_id <> '*' group by all
),
counts as (
    select
        m.as_of, customer_id, brand_id, sum(bought) as purchases, sum(bought_days) as purchase_days, sum(reviews) as reviews,
        sum(views) as views, sum(view_days) as view_days, sum(acts) as acts
    from buckets as b
    inner join (select last_day(getvariable('as_of') - n * interval 1 month) as as_of from range(1, 26) as r(n)) as m
        on m.as_of >= b.seen_from and m.as_of < b.unseen_from
    group by all
)
select
    as_of, customer_id, brand_id, purchases, views, reviews,
    rank_rule(purchases, purchase_days, reviews, acts, views, view_days) as reason, left(reason, 1) as rank,
    rank not in ('S', 'A') and purchases = 0 as is_potential
from counts;

create table brand_rank_history as
select * from month_end_ranks where as_of in (from days_of_table);

create table brand_pyramid_history as
with moves as (
    select
        coalesce(n.as_of, last_day(b.as_of + interval 1 month)) as as_of, coalesce(n.brand_id, b.brand_id) as brand_id, coalesce(n.rank, b.rank) as rank,
        strpos('SABCDE', n.rank) as place, strpos('SABCDE', b.rank) as place_before
    from month_end_ranks as n
    full join month_end_ranks as b
        on n.customer_id = b.customer_id and n.brand_id = b.brand_id and n.as_of = last_day(b.as_of + interval 1 month)
),
counted as (
    select
        as_of, brand_id, rank, count(place) as customers, count_if(place < place_before) as moved_up,
        count_if(place > place_before) as moved_down, count_if(place_before is null) as entered, count_if(place is null) as dropped_out
    from moves
    group by all
),
places as (select distinct as_of, brand_id from counted where as_of in (from days_of_table) and as_of < getvariable('as_of'))
select
    as_of, brand_id, rank, coalesce(customers, 0) as customers,
    coalesce(customers, 0) / nullif(sum(customers) over (partition by as_of, brand_id), 0) as share,
    coalesce(moved_up, 0) as moved_up, coalesce(moved_down, 0) as moved_down, coalesce(entered, 0) as entered,
    coalesce(dropped_out, 0) as dropped_out
from places cross join unnest(['S', 'A', 'B', 'C', 'D', 'E']) as s(rank) left join counted using (as_of, brand_id, rank);

create table house_ranked as
select
    is_now, customer_id, sum(bought) as purchases, sum(views) as views, sum(reviews) as reviews,
    rank_rule(sum(bought), count_if(bought > 0), sum(reviews), sum(acts), sum(views), count_if(views > 0)) as reason,
    left(reason, 1) as rank
from touch_days
inner join (
    values (getvariable('as_of'), true), (last_day(getvariable('as_of') - interval 1 month), false)
) as d(on_day, is_now) on occurred_on between on_day - 364 and on_day
where brand_id = '*'
group by is_now, customer_id;

create table brand_group_ranks as
select
    customer_id, 'house' as group_id, rank, purchases, views, reviews, reason, rank > 'A' and rank < 'F' and purchases = 0 as is_potential
from house_ranked where is_now;

create table brand_group_pyramid as
with places as (select *, strpos('SABCDE', rank) as place from house_ranked),
moves as (
    select coalesce(n.rank, b.rank) as rank, n.place as now_place, b.place as before_place
    from (from places where is_now) as n full join (from places where not is_now) as b using (customer_id)
)
select
    'house' as group_id, rank, count(now_place) as customers, count(now_place) / nullif(sum(count(now_place)) over (), 0) as share,
    count_if(now_place < before_place) as moved_up, count_if(now_place > before_place) as moved_down,
    count_if(before_place is null and now_place is not null) as entered, count_if(now_place is null and before_place is not null) as dropped_out
from unnest(['S', 'A', 'B', 'C', 'D', 'E']) as s(rank) left join moves using (rank)
where exists (from places)
group by rank;

-- The day of the n-th act of a kind is the day on which a stage that asks for n is reached.
create table brand_journeys as
with running as (
    select
        customer_id, brand_id, occurred_on, bought, sum(reviews) over w as reviews, sum(views) over w as views, sum(acts) over w as acts,
        count_if(bought > 0) over w as bought_days
    from touch_days where brand_id <> '*'
    window w as (partition by customer_id, brand_id order by occurred_on)
),
reached as (
    select
        customer_id, brand_id, min(occurred_on) as aware, min(occurred_on) filter (where acts >= 1 or views >= 2) as considering,
        min(occurred_on) filter (where bought_days >= 1) as purchased, min(occurred_on) filter (where bought_days >= 2) as repeated,
        min(occurred_on) filter (where bought_days >= 6 or (bought_days >= 3 and reviews >= 1)) as loyal
    from running group by all
)
select
    customer_id, brand_id,
    case
        when loyal is not null then 'loyal' when repeated is not null then 'repeated' when purchased is not null then 'purchased'
        when considering is not null then 'considering' else 'aware'
    end as stage,
    coalesce(loyal, repeated, purchased, considering, aware) as since
from reached;

create table traits as
select
    customer_id, unnest(['gender', 'age_band', 'prefecture', 'member_rank', 'channel', 'rf_segment']) as attribute,
    unnest([
        coalesce(gender, 'unknown'), coalesce(age_band, 'unknown'), coalesce(prefecture, 'unknown'), coalesce(member_rank, 'none'),
        case when len(channels) = 2 then 'both' else coalesce(channels[1], 'none') end, coalesce(rf_segment, 'none')
    ]) as value
from customers
left join (
    select customer_id, list(distinct channel) as channels from orders where is_counted or is_trial group by customer_id
) using (customer_id);

-- What a customer cares for: contents and brands by any act that is more than a touch, products and brands viewed, brands bought.
create table likings as
with t as (
    select customer_id, brand_id, content_id, product_id, action from touchpoints
    semi join customers using (customer_id)
    where occurred_on between getvariable('as_of') - 364 and getvariable('as_of')
        and action in ('purchase', 'review', 'like', 'clip', 'share', 'follow', 'mention', 'add_to_cart', 'visit', 'product_view', 'content_view')
)
select distinct customer_id, 'content' as kind, content_id as id from t where content_id is not null
union all
select distinct customer_id, 'product', product_id from t where product_id is not null and action in ('product_view', 'content_view')
union all
select
    customer_id,
    unnest(list_filter([
        case when sum(bought + reviews + views + acts + talks) > 0 then 'brand' end, case when sum(views) > 0 then 'views_brand' end,
        case when sum(bought) > 0 then 'buys_brand' end
    ], lambda x: x is not null)),
    brand_id
from touch_days
where brand_id <> '*' and occurred_on >= getvariable('as_of') - 364
group by customer_id, brand_id;

create table brand_rank_profiles as
with usual as (select attribute, value, count(*) / (select count(*) from customers) as share from traits group by all),
counts as (
    select r.brand_id, r.rank, t.attribute, t.value, count(*) as customers
    from brand_ranks as r inner join traits as t using (customer_id) group by all
),
shares as (select c.*, c.customers / r.customers as share from counts as c
    inner join (select brand_id, rank, count(*) as customers from brand_ranks group by all) as r using (brand_id, rank))
select s.*, s.share / u.share as lift from shares as s inner join usual as u using (attribute, value);

create table usual_likings as
select kind, id, count(*) / (select count(*) from customers) as share from likings group by all;

create table brand_rank_interests as
with counts as (
    select r.brand_id, r.rank, l.kind as interest_kind, l.id as interest_id, count(*) as customers
    from brand_ranks as r inner join likings as l using (customer_id)
    where l.kind = 'content' or (l.kind = 'brand' and l.id <> r.brand_id)
    group by all
    having count(*) >= 5
)
select c.*, c.customers / r.customers as share, c.customers / r.customers / u.share as lift
from counts as c
inner join (select brand_id, rank, count(*) as customers from brand_ranks group by all) as r using (brand_id, rank)
inner join usual_likings as u on c.interest_kind = u.kind and c.interest_id = u.id;

create table brand_potentials as
with p as (select brand_id, customer_id from brand_ranks where is_potential),
wholes as (select brand_id, count(*) as customers from p group by all),
liked as (
    select p.brand_id, l.kind, l.id, count(*) as customers
    from p inner join likings as l using (customer_id)
    where l.kind in ('content', 'product') or (l.kind <> 'brand' and l.id <> p.brand_id)
    group by all
    having count(*) >= 5
),
are as (select p.brand_id, t.attribute, t.value, count(*) as customers from p inner join traits as t using (customer_id) group by all)
select
    l.brand_id, case when l.kind in ('content', 'product') then 'views_' || l.kind else l.kind end as aspect, l.id as value, l.customers,
    l.customers / w.customers as share, l.customers / w.customers / u.share as lift
from liked as l inner join wholes as w using (brand_id) inner join usual_likings as u using (kind, id)
union all
select
    a.brand_id, a.attribute, a.value, a.customers, a.customers / w.customers,
    a.customers / w.customers / ((select count(*) from traits where attribute = a.attribute and value = a.value) / (select count(*) from customers))
from are as a inner join wholes as w using (brand_id);
