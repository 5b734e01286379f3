with

scope as (
    select * from {{ ref('int_insights__recommendation_scope') }}
),

-- What is known at as_of is kept from day to day, by customer; what the backtest knows is summed for its sample alone.
bought_by_now as (
    select
        scope.asked_no,
        scope.as_of,
        scope.positions,
        scope.is_only_for_pairs,
        kept.product_id,
        kept.orders,
        kept.last_on,
        kept.lines,
        kept.amount
    from {{ ref('int_insights__customer_products') }} as kept
    inner join scope on kept.customer_id = scope.customer_id
    where scope.as_of = {{ as_of() }}
),

-- Grouped, which changes no row, so that the sample is cut out before it meets the lines.
sample as (
    select
        scope.customer_id,
        max(scope.asked_no) as asked_no,
        max(scope.as_of) as as_of,
        max(scope.positions) as positions
    from scope
    where scope.as_of = {{ backtest_day() }}
    group by scope.customer_id
),

lines_then as (
    select
        sample.asked_no,
        sample.as_of,
        sample.positions,
        items.product_id,
        items.order_id,
        {{ tokyo_day('items.ordered_at') }} as ordered_on,
        count(*) as lines,
        sum(items.amount) as amount
    from {{ ref('order_items') }} as items
    inner join sample on items.customer_id = sample.customer_id and {{ tokyo_day('items.ordered_at') }} <= sample.as_of
    where items.is_counted
    group by sample.asked_no, sample.as_of, sample.positions, items.product_id, items.order_id, {{ tokyo_day('items.ordered_at') }}
),

bought as (
    select * from bought_by_now
    union all
    select
        lines_then.asked_no,
        lines_then.as_of,
        lines_then.positions,
        false as is_only_for_pairs,
        lines_then.product_id,
        count(*) as orders,
        max(lines_then.ordered_on) as last_on,
        cast(sum(lines_then.lines) as bigint) as lines,
        sum(lines_then.amount) as amount
    from lines_then
    group by lines_then.asked_no, lines_then.as_of, lines_then.positions, lines_then.product_id
),

purchases as (
    select
        bought.asked_no,
        bought.as_of,
        bought.positions,
        bought.is_only_for_pairs,
        bought.product_id,
        products.brand_id,
        products.category,
        bought.orders,
        bought.last_on,
        bought.lines,
        bought.amount,
        coalesce(products.replenishment_days, {{ setting('recommendation_replenishment_days', 'integer') }}) as replenishment_days,
        {{ add_days(
            'bought.last_on',
            'coalesce(products.replenishment_days, ' ~ setting('recommendation_replenishment_days', 'integer') ~ ')'
        ) }} as due_on
    from bought
    left join {{ ref('stg_products') }} as products on bought.product_id = products.product_id
),

-- Who is only asked about pairs may not be offered what lasts still; nothing else of him is needed.
needed as (
    select * from purchases
    where is_only_for_pairs is not true or due_on > as_of
)

select * from needed
