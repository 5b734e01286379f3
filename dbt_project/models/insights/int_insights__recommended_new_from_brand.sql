with

brands as (
    select
        purchases.asked_no,
        purchases.as_of,
        purchases.positions,
        purchases.brand_id,
        sum(purchases.orders) as orders
    from {{ ref('int_insights__product_purchases') }} as purchases
    where
        purchases.brand_id is not null
        and purchases.is_only_for_pairs is not true
        and purchases.last_on > {{ add_days('purchases.as_of', '-' ~ setting('recommendation_bought_days', 'integer')) }}
    group by purchases.asked_no, purchases.as_of, purchases.positions, purchases.brand_id
),

launched as (
    {{ products_launched() }}
),

-- A new product that he knows already is not new to him, however long ago he bought it.
unknown as (
    select
        brands.asked_no,
        brands.as_of,
        brands.positions,
        launched.product_id,
        'new from ' || brands.brand_id || ' since ' || cast(launched.launched_on as varchar) as reason,
        row_number() over (
            partition by brands.asked_no
            order by brands.orders desc nulls last, launched.launched_on desc nulls last, launched.product_id asc nulls last
        ) as position
    from brands
    inner join launched
        on
            brands.as_of = launched.as_of
            and brands.brand_id = launched.brand_id
    left join {{ ref('int_insights__product_purchases') }} as bought
        on
            brands.asked_no = bought.asked_no
            and launched.product_id = bought.product_id
    where bought.asked_no is null
),

recommended as (
    select * from unknown
    where unknown.position <= unknown.positions
)

select * from recommended
