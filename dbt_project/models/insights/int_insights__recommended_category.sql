with

purchases as (
    select * from {{ ref('int_insights__product_purchases') }}
    where category is not null
),

-- The favourite of `customers`, which is kept; for the backtest by the same rule: most yen, then most lines, then the smaller name.
then_ranked as (
    select
        purchases.asked_no,
        max(purchases.as_of) as as_of,
        max(purchases.positions) as positions,
        purchases.category,
        row_number() over (
            partition by purchases.asked_no
            order by sum(purchases.amount) desc nulls last, sum(purchases.lines) desc nulls last, purchases.category asc nulls last
        ) as place
    from purchases
    where purchases.as_of = {{ backtest_day() }}
    group by purchases.asked_no, purchases.category
),

favourites as (
    select
        scope.asked_no,
        scope.as_of,
        scope.positions,
        kept.favourite_category as category
    from {{ ref('int_insights__favourites') }} as kept
    inner join {{ ref('int_insights__recommendation_scope') }} as scope on kept.customer_id = scope.customer_id
    where scope.as_of = {{ as_of() }} and scope.is_only_for_pairs is not true and kept.favourite_category is not null
    union all
    select
        then_ranked.asked_no,
        then_ranked.as_of,
        then_ranked.positions,
        then_ranked.category
    from then_ranked
    where then_ranked.place = 1
),

lasting as (
    select
        purchases.asked_no,
        purchases.category,
        purchases.product_id
    from purchases
    where purchases.due_on > purchases.as_of
),

categories as (
    select
        favourites.*,
        coalesce(counts.lasting, 0) as lasting
    from favourites
    left join (
        select
            lasting.asked_no,
            lasting.category,
            count(*) as lasting
        from lasting
        group by lasting.asked_no, lasting.category
    ) as counts on favourites.asked_no = counts.asked_no and favourites.category = counts.category
),

-- No more of the best than can be needed when what still lasts is taken out.
best as (
    select
        categories.asked_no,
        categories.as_of,
        categories.positions,
        categories.lasting,
        products.product_id,
        products.category_place
    from categories
    inner join {{ ref('int_insights__recommendation_products') }} as products
        on
            categories.as_of = products.as_of
            and categories.category = products.category
            and products.category_place <= categories.positions + categories.lasting
),

-- Only where something lasts do the others move up.
wanted as (
    select
        best.asked_no,
        best.as_of,
        best.positions,
        best.product_id,
        best.category_place,
        best.category_place as position
    from best
    where best.lasting = 0
    union all
    select
        best.asked_no,
        best.as_of,
        best.positions,
        best.product_id,
        best.category_place,
        row_number() over (partition by best.asked_no order by best.category_place asc nulls last) as position
    from best
    left join lasting on best.asked_no = lasting.asked_no and best.product_id = lasting.product_id
    where best.lasting > 0 and lasting.asked_no is null
),

recommended as (
    select
        wanted.asked_no,
        wanted.as_of,
        wanted.positions,
        wanted.product_id,
        'favourite category; bestseller ' || cast(wanted.category_place as varchar) as reason,
        wanted.position
    from wanted
    where wanted.position <= wanted.positions
)

select * from recommended
