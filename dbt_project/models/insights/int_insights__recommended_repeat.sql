with

due as (
    select
        purchases.asked_no,
        purchases.as_of,
        purchases.positions,
        purchases.product_id,
        'bought ' || cast(purchases.orders as varchar) || ' times; due ' || cast(purchases.due_on as varchar) as reason,
        row_number() over (
            partition by purchases.asked_no
            order by purchases.orders desc nulls last, purchases.due_on desc nulls last, purchases.product_id asc nulls last
        ) as position
    from {{ ref('int_insights__product_purchases') }} as purchases
    inner join {{ ref('int_insights__recommendation_products') }} as products
        on purchases.as_of = products.as_of and purchases.product_id = products.product_id
    where
        purchases.orders >= {{ setting('recommendation_repeat_orders', 'integer') }}
        and purchases.due_on <= purchases.as_of
        and {{ days_between('purchases.last_on', 'purchases.as_of') }}
        <= purchases.replenishment_days * {{ setting('recommendation_repeat_cycles', 'integer') }}
),

recommended as (
    select * from due
    where due.position <= due.positions
)

select * from recommended
