{%- set top = setting('backtest_positions', 'integer') -%}
with

-- What the customers of the backtest bought after its last known day.
bought as (
    select
        items.customer_id,
        items.product_id
    from {{ ref('order_items') }} as items
    inner join {{ ref('int_insights__recommendation_scope') }} as scope
        on items.customer_id = scope.customer_id and scope.as_of = {{ backtest_day() }}
    where
        items.is_counted
        and {{ tokyo_day('items.ordered_at') }} > {{ backtest_day() }}
        and {{ tokyo_day('items.ordered_at') }} <= {{ as_of() }}
    group by items.customer_id, items.product_id
),

lists as (
    select * from {{ ref('int_insights__recommendation_lists') }}
),

lasting as (
    select
        purchases.customer_id,
        purchases.product_id
    from {{ ref('int_insights__product_purchases') }} as purchases
    where purchases.as_of = {{ backtest_day() }} and purchases.due_on > purchases.as_of
),

asked as (
    select
        bought.customer_id,
        count(*) as products,
        coalesce(max(counts.lasting), 0) as lasting
    from bought
    left join (
        select
            lasting.customer_id,
            count(*) as lasting
        from lasting
        group by lasting.customer_id
    ) as counts on bought.customer_id = counts.customer_id
    group by bought.customer_id
),

-- The most bought products that do not last still: what a shop shows that knows nothing of its customers but that.
popular as (
    select
        asked.customer_id,
        products.product_id,
        row_number() over (partition by asked.customer_id order by products.place asc nulls last) as position
    from asked
    inner join {{ ref('int_insights__recommendation_products') }} as products
        on products.as_of = {{ backtest_day() }} and products.place <= {{ top }} + asked.lasting
    left join lasting on asked.customer_id = lasting.customer_id and products.product_id = lasting.product_id
    where lasting.customer_id is null
),

slices as (
    select kinds.kind as slice from {{ ref('recommendation_kinds') }} as kinds
    union all
    select 'all' as slice
),

judged as (
    select
        slices.slice,
        asked.customer_id,
        asked.products,
        count(lists.product_id) as list_length,
        count(bought.product_id) as hits
    from slices
    cross join asked
    left join lists on slices.slice = lists.slice and asked.customer_id = lists.customer_id
    left join bought on lists.customer_id = bought.customer_id and lists.product_id = bought.product_id
    group by slices.slice, asked.customer_id, asked.products
),

popular_hits as (
    select
        popular.customer_id,
        popular.position
    from popular
    inner join bought on popular.customer_id = bought.customer_id and popular.product_id = bought.product_id
    where popular.position <= {{ top }}
),

hits as (
    select
        judged.slice,
        judged.customer_id,
        judged.products,
        judged.list_length,
        judged.hits,
        count(popular_hits.position) as popular_hits,
        sum(case when popular_hits.position <= judged.list_length then 1 else 0 end) as popular_hits_same_length
    from judged
    left join popular_hits on judged.customer_id = popular_hits.customer_id
    group by judged.slice, judged.customer_id, judged.products, judged.list_length, judged.hits
)

select * from hits
