{%- set top = setting('backtest_positions', 'integer') -%}
with

-- What was bought after the last known day of the backtest.
bought_since as (
    select
        items.customer_id,
        items.product_id
    from {{ ref('order_items') }} as items
    where
        items.is_counted
        and {{ tokyo_day('items.ordered_at') }} > {{ backtest_day() }}
        and {{ tokyo_day('items.ordered_at') }} <= {{ as_of() }}
    group by items.customer_id, items.product_id
),

bought as (
    select
        scope.asked_no,
        bought_since.product_id
    from bought_since
    inner join {{ ref('int_insights__recommendation_scope') }} as scope
        on bought_since.customer_id = scope.customer_id and scope.as_of = {{ backtest_day() }}
),

lists as (
    select * from {{ ref('int_insights__recommendation_lists') }}
),

asked as (
    select
        bought.asked_no,
        count(*) as products
    from bought
    group by bought.asked_no
),

products as (
    select
        best.product_id,
        best.place
    from {{ ref('int_insights__recommendation_products') }} as best
    where best.as_of = {{ backtest_day() }}
),

lasting as (
    select
        purchases.asked_no,
        products.place
    from {{ ref('int_insights__product_purchases') }} as purchases
    inner join products on purchases.product_id = products.product_id
    where purchases.as_of = {{ backtest_day() }} and purchases.due_on > purchases.as_of
),

-- A shop that knows nothing of its customers shows the most bought products that do not last still: each moves up by as many places as
-- there are lasting ones before it. No list of them is made, only the places of what was bought.
popular as (
    select
        bought.asked_no,
        products.place - count(case when lasting.place < products.place then 1 end) as position
    from bought
    inner join products on bought.product_id = products.product_id
    left join lasting on bought.asked_no = lasting.asked_no
    group by bought.asked_no, products.place
    having count(case when lasting.place = products.place then 1 end) = 0
),

slices as (
    select kinds.kind as slice from {{ ref('recommendation_kinds') }} as kinds
    union all
    select 'all' as slice
),

judged as (
    select
        slices.slice,
        asked.asked_no,
        asked.products,
        count(lists.product_id) as list_length,
        count(bought.product_id) as hits
    from slices
    cross join asked
    left join lists on slices.slice = lists.slice and asked.asked_no = lists.asked_no
    left join bought on lists.asked_no = bought.asked_no and lists.product_id = bought.product_id
    group by slices.slice, asked.asked_no, asked.products
),

popular_hits as (
    select * from popular
    where popular.position <= {{ top }}
),

hits as (
    select
        judged.slice,
        judged.asked_no,
        judged.products,
        judged.list_length,
        judged.hits,
        count(popular_hits.position) as popular_hits,
        sum(case when popular_hits.position <= judged.list_length then 1 else 0 end) as popular_hits_same_length
    from judged
    left join popular_hits on judged.asked_no = popular_hits.asked_no
    group by judged.slice, judged.asked_no, judged.products, judged.list_length, judged.hits
)

select * from hits
