with

lines as (
    select
        items.customer_id,
        items.product_id,
        items.order_id,
        {{ tokyo_day('items.ordered_at') }} as ordered_on,
        count(*) as lines,
        sum(items.amount) as amount
    from {{ ref('order_items') }} as items
    where
        items.is_counted
        and items.customer_id is not null
        and items.ordered_at < {{ as_of_end_at() }}
    group by items.customer_id, items.product_id, items.order_id, {{ tokyo_day('items.ordered_at') }}
),

bought as (
    select
        scope.as_of,
        scope.positions,
        lines.customer_id,
        lines.product_id,
        count(*) as orders,
        max(lines.ordered_on) as last_on,
        sum(lines.lines) as lines,
        sum(lines.amount) as amount
    from lines
    inner join {{ ref('int_insights__recommendation_scope') }} as scope
        on lines.customer_id = scope.customer_id and lines.ordered_on <= scope.as_of
    group by scope.as_of, scope.positions, lines.customer_id, lines.product_id
),

purchases as (
    select
        bought.as_of,
        bought.positions,
        bought.customer_id,
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
)

select * from purchases
