with

purchases as (
    select * from {{ ref('int_insights__product_purchases') }}
    where category is not null
),

-- The favourite of `customers`: most yen, then most lines, then the smaller name; and how much of it still lasts.
categories as (
    select
        purchases.as_of,
        purchases.positions,
        purchases.customer_id,
        purchases.category,
        sum(case when purchases.due_on > purchases.as_of then 1 else 0 end) as lasting,
        row_number() over (
            partition by purchases.as_of, purchases.customer_id
            order by sum(purchases.amount) desc nulls last, sum(purchases.lines) desc nulls last, purchases.category asc nulls last
        ) as place
    from purchases
    group by purchases.as_of, purchases.positions, purchases.customer_id, purchases.category
),

-- No more of the best than can be needed when what still lasts is taken out.
wanted as (
    select
        categories.as_of,
        categories.positions,
        categories.customer_id,
        products.product_id,
        'favourite category; bestseller ' || cast(products.category_place as varchar) as reason,
        row_number() over (
            partition by categories.as_of, categories.customer_id
            order by products.category_place asc nulls last
        ) as position
    from categories
    inner join {{ ref('int_insights__recommendation_products') }} as products
        on
            categories.as_of = products.as_of
            and categories.category = products.category
            and products.category_place <= categories.positions + categories.lasting
    left join purchases
        on
            categories.as_of = purchases.as_of
            and categories.customer_id = purchases.customer_id
            and products.product_id = purchases.product_id
            and purchases.due_on > purchases.as_of
    where categories.place = 1 and purchases.customer_id is null
),

recommended as (
    select * from wanted
    where wanted.position <= wanted.positions
)

select * from recommended
