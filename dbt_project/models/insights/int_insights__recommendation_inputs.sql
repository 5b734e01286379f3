with

-- A product as it bears upon those who bought it or looked at it.
products as (
    select
        products.product_id,
        coalesce(cast(products.replenishment_days as varchar), '') || ' ' || coalesce(products.brand_id, '') || ' '
        || coalesce(products.category, '') || ' ' || case when offered.product_id is null then 'not offered' else 'offered' end as state
    from {{ ref('stg_products') }} as products
    left join {{ ref('int_insights__recommendation_products') }} as offered
        on products.product_id = offered.product_id and offered.as_of = {{ as_of() }}
),

inputs as (
    select
        'product' as concern,
        products.product_id as subject,
        products.product_id,
        cast(0 as bigint) as place,
        products.state
    from products
    union all
    select
        'category' as concern,
        offered.category as subject,
        offered.product_id,
        offered.category_place as place,
        '' as state
    from {{ ref('int_insights__recommendation_products') }} as offered
    where offered.as_of = {{ as_of() }} and offered.category is not null
    union all
    select
        'brand' as concern,
        launched.brand_id as subject,
        launched.product_id,
        cast(0 as bigint) as place,
        cast(launched.launched_on as varchar) as state
    from ({{ products_launched() }}) as launched
    where launched.as_of = {{ as_of() }} and launched.brand_id is not null
    union all
    select
        'season' as concern,
        offers.rule_id as subject,
        offers.product_id,
        offers.place,
        '' as state
    from ({{ seasonal_offers() }}) as offers
    where offers.as_of = {{ as_of() }}
)

select * from inputs
