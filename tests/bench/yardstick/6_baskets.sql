-- What is bought together, what is recommended, and what recommendations of two months ago were worth, with the thresholds
-- written out. Everything is asked on two days: as_of, and the day whose future is known.

create table goods as
select
    product_id, brand_id, category, coalesce(yes(is_trial), false) as is_trial, try_cast(launched_on as date) as launched_on,
    try_cast(withdrawn_on as date) as withdrawn_on, coalesce(try_cast(replenishment_days as integer), 60) as lasts_days
from landed('products')
qualify row_number() over (partition by product_id order by _file_no desc, _line_no desc) = 1;

create table lines_bought as
select i.order_id, i.line_no, i.customer_id, i.product_id, i.ordered_at, o.ordered_on, i.amount, o.store_id
from order_items as i inner join orders as o using (order_id)
where i.is_counted;

-- Pairs out of sorted lists. A customer's list is cut to the thirty things bought last.
create macro sets_of(day) as table
select
    day as as_of, 'product' as level, 'basket' as basis, list_sort(list_distinct(list(product_id))) as items
from lines_bought where ordered_on between day - 364 and day group by order_id
union all
select day, 'category', 'basket', list_sort(list_distinct(list(category)))
from lines_bought inner join goods using (product_id)
where category is not null and ordered_on between day - 364 and day group by order_id
union all
select day, 'product', 'customer', list_sort(list_slice(list(product_id order by last_at desc, product_id), 1, 30))
from (
    select customer_id, product_id, max(ordered_at) as last_at from lines_bought
    where customer_id is not null and ordered_on between day - 364 and day group by all
) group by customer_id
union all
select day, 'category', 'customer', list_sort(list_slice(list(category order by last_at desc, category), 1, 30))
from (
    select customer_id, category, max(ordered_at) as last_at from lines_bought inner join goods using (product_id)
    where customer_id is not null and category is not null and ordered_on between day - 364 and day group by all
) group by customer_id;

create table sets as
select * from sets_of(getvariable('as_of'))
union all
select * from sets_of(getvariable('as_of') - 60) where level = 'product' and basis = 'basket';

create table pairs_of_days as
with sizes as (select as_of, level, basis, count(*) as baskets from sets group by all),
singles as (select as_of, level, basis, item, count(*) as held from (select * exclude (items), unnest(items) as item from sets) group by all),
couples as (
    select as_of, level, basis, items[p] as left_id, unnest(items[p + 1:]) as right_id
    from (select *, unnest(range(1, len(items))) as p from sets where len(items) > 1)
),
counted as (
    select as_of, level, basis, left_id, right_id, count(*) as baskets_together from couples group by all having count(*) >= 5
)
select
    c.*, l.held as left_baskets, r.held as right_baskets, s.baskets, c.baskets_together / s.baskets as support,
    c.baskets_together / l.held as confidence_left_to_right, c.baskets_together / r.held as confidence_right_to_left,
    (c.baskets_together / r.held) / (l.held / s.baskets) as lift
from counted as c
inner join sizes as s using (as_of, level, basis)
inner join singles as l on (c.as_of, c.level, c.basis, c.left_id) = (l.as_of, l.level, l.basis, l.item)
inner join singles as r on (c.as_of, c.level, c.basis, c.right_id) = (r.as_of, r.level, r.basis, r.item);

create table basket_pairs as
select * exclude (as_of) from pairs_of_days where as_of = getvariable('as_of');

-- Whom we ask, on which day, for how long a list.
create table asked as
with people as (
    select getvariable('as_of') as day, 3 as n, customer_id from persons
    where not is_visitor and first_seen_at < getvariable('until')
    union all
    (
        select distinct getvariable('as_of') - 60, 10, customer_id from orders
        where is_counted and customer_id is not null and ordered_on > getvariable('as_of') - 60
        order by customer_id limit 20000
    )
)
select
    p.day, p.n, p.customer_id, a.gender,
    cast(least(greatest(date_sub('year', a.birth_date, p.day) // 10 * 10, 10), 70) as varchar) || 's' as age_band
from people as p left join attributes as a using (customer_id);

create table offers as
with days as (select distinct day from asked),
sales as (
    select day, product_id, count(*) as lines from lines_bought inner join days on ordered_on between day - 364 and day group by all
)
select day, g.*, coalesce(lines, 0) as lines
from days cross join goods as g left join sales using (day, product_id)
where not is_trial and (launched_on is null or launched_on <= day) and (withdrawn_on is null or withdrawn_on > day);

create table owned as
select
    a.day, a.n, l.customer_id, l.product_id, any_value(g.brand_id) as brand_id, any_value(g.category) as category,
    count(distinct order_id) as orders, count(*) as lines, sum(amount) as amount, max(ordered_on) as last_on,
    max(ordered_on) + any_value(coalesce(g.lasts_days, 60)) as due_on
from lines_bought as l
inner join asked as a on l.customer_id = a.customer_id and l.ordered_on <= a.day
left join goods as g using (product_id)
group by a.day, a.n, l.customer_id, l.product_id;
create table lasting as select day, customer_id, product_id, due_on from owned where due_on > day;

create table recommended as
with new_from_brand as (
    select
        o.day, o.n, o.customer_id, f.product_id, format('new from {} since {}', o.brand_id, f.launched_on) as reason,
        row_number() over (partition by o.day, o.customer_id order by o.orders desc, f.launched_on desc, f.product_id) as position
    from (
        select day, n, customer_id, brand_id, sum(orders) as orders from owned
        where last_on > day - 365 and brand_id is not null group by all
    ) as o
    inner join (
        select * from offers where launched_on > day - 90
        qualify row_number() over (partition by day, brand_id order by launched_on desc, lines desc, product_id) <= 10
    ) as f on o.day = f.day and o.brand_id = f.brand_id
    anti join owned as w on o.day = w.day and o.customer_id = w.customer_id and f.product_id = w.product_id
),
repeat as (
    select
        day, n, customer_id, product_id, format('bought {} times; due {}', o.orders, o.due_on) as reason,
        row_number() over (partition by day, customer_id order by o.orders desc, o.due_on desc, product_id) as position
    from owned as o semi join offers using (day, product_id)
    where o.orders >= 2 and o.due_on <= day and day - o.last_on <= 3 * (o.due_on - o.last_on)
),
store_seeds as (
    select a.day, a.n, l.customer_id, l.product_id, max(l.ordered_at) as last_at
    from lines_bought as l inner join asked as a on l.customer_id = a.customer_id and l.ordered_on between a.day - 179 and a.day
    where l.order_id like 'store:%'
    group by a.day, a.n, l.customer_id, l.product_id
    qualify row_number() over (partition by a.day, l.customer_id order by max(l.ordered_at) desc, l.product_id) <= 5
),
rules as (
    select * from (
        select as_of as day, left_id as bought_id, right_id as product_id, confidence_left_to_right as confidence, lift
        from pairs_of_days where level = 'product' and basis = 'basket'
        union all
        select as_of, right_id, left_id, confidence_right_to_left, lift
        from pairs_of_days where level = 'product' and basis = 'basket'
    )
    semi join offers using (day, product_id)
    where lift > 1
    qualify row_number() over (partition by day, bought_id order by confidence desc, lift desc, product_id) <= 10
),
fired as (
    select s.day, s.n, s.customer_id, s.product_id as bought_id, s.last_at, r.product_id, r.confidence, r.lift
    from store_seeds as s inner join rules as r on s.day = r.day and s.product_id = r.bought_id
    anti join lasting as l on s.day = l.day and s.customer_id = l.customer_id and r.product_id = l.product_id
    qualify row_number() over (
        partition by s.day, s.customer_id, r.product_id order by r.confidence desc, r.lift desc, s.product_id
    ) = 1
),
pairs_with_store as (
    select
        f.day, f.n, f.customer_id, f.product_id,
        format('bought {} in store {}; lift {}', f.bought_id, s.store_id, cast(f.lift as decimal(18, 1))) as reason,
        row_number() over (partition by f.day, f.customer_id order by f.confidence desc, f.lift desc, f.product_id) as position
    from fired as f
    inner join (
        select customer_id, ordered_at as last_at, min(store_id) as store_id from orders
        where is_counted and channel = 'store' group by all
    ) as s using (customer_id, last_at)
),
in_season as (
    select day, r.* from (select distinct day from asked) as d
    cross join (values
        (1, 'mothers_day', 415, 514, 'female', '30s', 2, 730, 'クリーム'), (2, 'mothers_day_first', 415, 514, null, null, 1, 365, 'ボディケア'),
        (3, 'fathers_day', 515, 621, null, null, 1, 365, '洗顔料'), (4, 'midsummer_gift', 622, 731, null, null, 1, 365, '日焼け止め'),
        (5, 'respect_for_the_aged', 801, 921, null, null, 1, 365, '化粧水'), (6, 'autumn_gift', 922, 1114, null, null, 1, 365, 'ボディケア'),
        (7, 'year_end', 1115, 1231, null, null, 1, 365, '美容液'), (8, 'new_year', 101, 120, null, null, 1, 365, 'シートマスク'),
        (9, 'valentine', 121, 214, 'female', null, 1, 365, 'リップ'), (10, 'valentine_others', 121, 214, null, null, 1, 365, 'ヘアケア'),
        (11, 'white_day', 215, 314, null, null, 1, 365, 'リップ'), (12, 'spring_gift', 315, 414, null, null, 1, 365, '化粧水')
    ) as r(no, rule_id, from_day, to_day, gender, age_band, gifts, gift_days, category)
    where month(day) * 100 + day(day) between from_day and to_day
),
seasonal as (
    select
        a.day, a.n, a.customer_id, f.product_id, 'season ' || arg_min(r.rule_id, r.no) as reason,
        row_number() over (partition by a.day, a.customer_id order by min(r.no), any_value(f.lines) desc, f.product_id) as position
    from asked as a
    inner join in_season as r
        on a.day = r.day and (r.gender is null or a.gender = r.gender) and (r.age_band is null or a.age_band = r.age_band)
    inner join (
        select * from offers qualify row_number() over (partition by day, category order by lines desc, product_id) <= 10
    ) as f on a.day = f.day and r.category = f.category
    where r.gifts <= (
        select count(*) from orders as o
        where o.customer_id = a.customer_id and o.is_counted and o.is_gift and o.ordered_on between a.day - r.gift_days + 1 and a.day
    )
    and not exists (from lasting as l where l.day = a.day and l.customer_id = a.customer_id and l.product_id = f.product_id)
    group by a.day, a.n, a.customer_id, f.product_id
),
recently_viewed as (
    select
        v.day, v.n, v.customer_id, v.product_id, format('viewed {} times; last {}', v.views, tokyo_day(v.last_at)) as reason,
        row_number() over (partition by v.day, v.customer_id order by v.last_at desc, v.views desc, v.product_id) as position
    from (
        select a.day, a.n, t.customer_id, t.product_id, count(*) as views, max(t.occurred_at) as last_at
        from touchpoints as t inner join asked as a on t.customer_id = a.customer_id and t.occurred_on between a.day - 29 and a.day
        where t.action in ('page_view', 'product_view', 'content_view') and t.product_id is not null
        group by all
    ) as v
    semi join offers as f on v.day = f.day and v.product_id = f.product_id
    anti join (select * from owned where due_on > day or last_on > day - 30) as w
        on v.day = w.day and v.customer_id = w.customer_id and v.product_id = w.product_id
),
category as (
    select
        k.day, k.n, k.customer_id, f.product_id, format('favourite category; bestseller {}', f.place) as reason,
        row_number() over (partition by k.day, k.customer_id order by f.place) as position
    from (
        select day, n, customer_id, category from owned where category is not null group by day, n, customer_id, category
        qualify row_number() over (partition by day, customer_id order by sum(amount) desc, sum(lines) desc, category) = 1
    ) as k
    inner join (
        select *, row_number() over (partition by day, category order by lines desc, product_id) as place from offers
    ) as f on k.day = f.day and k.category = f.category
    anti join lasting as l on k.day = l.day and k.customer_id = l.customer_id and f.product_id = l.product_id
)
select 'new_from_brand' as kind, * from new_from_brand where position <= n
union all select 'repeat', * from repeat where position <= n
union all select 'pairs_with_store', * from pairs_with_store where position <= n
union all select 'seasonal', * from seasonal where position <= n
union all select 'recently_viewed', * from recently_viewed where position <= n
union all select 'category', * from category where position <= n;

create table recommendations as
select customer_id, kind, product_id, position, reason from recommended where day = getvariable('as_of');

-- The lists of two months ago, by kind, as one, and as mere popularity, against what was bought since.
create table model_quality as
with bought as (
    select customer_id, list(distinct product_id) as items from lines_bought
    where ordered_on > getvariable('as_of') - 60 and customer_id in (select customer_id from asked where n = 10) group by customer_id
),
lists as (
    select customer_id, kind as slice, list(product_id order by position) as items
    from recommended where n = 10 group by all
),
mixed as (
    select customer_id, 'all' as slice, list(product_id order by place)[:10] as items
    from (
        select
            customer_id, product_id,
            min({
                'position': position,
                'kind': list_position(['repeat', 'recently_viewed', 'pairs_with_store', 'new_from_brand', 'seasonal', 'category'], kind)
            }) as place
        from recommended where n = 10 group by all
    )
    group by customer_id
),
favourites_of_all as (
    select customer_id, list(product_id order by lines desc, product_id)[:10] as items
    from bought cross join (select * from offers where day = getvariable('as_of') - 60)
    anti join (select * from lasting where day = getvariable('as_of') - 60) as l using (customer_id, product_id)
    group by customer_id
),
judged as (
    select
        l.slice, len(l.items) as list_length, len(b.items) as products, len(list_intersect(l.items, b.items)) as hits,
        len(list_intersect(f.items, b.items)) as popular, len(list_intersect(f.items[:len(l.items)], b.items)) as popular_as_long
    from (from lists union all from mixed) as l
    inner join bought as b using (customer_id)
    inner join favourites_of_all as f using (customer_id)
),
slices as (
    select unnest(['all', 'repeat', 'recently_viewed', 'pairs_with_store', 'new_from_brand', 'seasonal', 'category']) as slice
),
figures as (
    select
        slice, count(list_length) as cases,
        case when (select count(*) from bought) > 0 then count(list_length) / (select count(*) from bought) end as coverage,
        avg(list_length) as list_length, avg((hits > 0)::int) as hit_rate_at_10, avg(hits / products) as recall_at_10,
        avg((popular > 0)::int) as popularity_hit_rate_at_10, avg(popular / products) as popularity_recall_at_10,
        avg((popular_as_long > 0)::int) as popularity_same_length_hit_rate_at_10,
        avg(popular_as_long / products) as popularity_same_length_recall_at_10
    from slices left join judged using (slice)
    group by slice
)
select 'recommendations' as model, slice, metric, value, cases, getvariable('as_of') as as_of
from figures unpivot include nulls (
    value for metric in (
        coverage, list_length, hit_rate_at_10, recall_at_10, popularity_hit_rate_at_10, popularity_recall_at_10,
        popularity_same_length_hit_rate_at_10, popularity_same_length_recall_at_10
    )
);
