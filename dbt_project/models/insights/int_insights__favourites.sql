{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with

lines as (
    select
        customer_id,
        brand_id,
        category,
        quantity,
        amount
    from {{ lines_to_read() }} as lines
),

{% for what in ['brand_id', 'category'] -%}
{{ what }}_ranked as (
    select
        customer_id,
        {{ what }},
        row_number() over (
            partition by customer_id
            order by sum(amount) desc nulls last, count(*) desc nulls last, {{ what }} asc nulls last
        ) as place
    from lines
    where {{ what }} is not null
    group by customer_id, {{ what }}
),

{% endfor -%}
unit_prices as (
    select
        customer_id,
        sum(amount) / nullif(sum(quantity), 0) as unit_price
    from lines
    where quantity > 0
    group by customer_id
),

bands as (
    select
        band,
        min_amount,
        lead(min_amount) over (order by min_amount asc nulls last) as next_amount
    from {{ ref('price_bands') }}
),

buyers as (
    select distinct customer_id from lines
),

favourites as (
    select
        buyers.customer_id,
        brand_id_ranked.brand_id as favourite_brand_id,
        category_ranked.category as favourite_category,
        bands.band as price_band,
        '{{ invocation_id }}' as _batch
    from buyers
    left join brand_id_ranked on buyers.customer_id = brand_id_ranked.customer_id and brand_id_ranked.place = 1
    left join category_ranked on buyers.customer_id = category_ranked.customer_id and category_ranked.place = 1
    left join unit_prices on buyers.customer_id = unit_prices.customer_id
    left join bands
        on unit_prices.unit_price >= bands.min_amount
        and (bands.next_amount is null or unit_prices.unit_price < bands.next_amount)
)

select * from favourites
