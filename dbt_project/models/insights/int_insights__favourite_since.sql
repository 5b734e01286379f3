{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with favourites as (
    select * from {{ ref('int_insights__favourites') }}
    where {{ of_changed_customers('customer_id') }}
),

bands as (
    select
        band,
        min_amount,
        lead(min_amount) over (order by min_amount asc nulls last) as next_amount
    from {{ ref('price_bands') }}
),

lines as (
    select
        items.customer_id,
        {{ tokyo_day('items.ordered_at') }} as ordered_on,
        items.brand_id,
        items.category,
        items.quantity,
        items.amount
    from {{ lines_to_read() }} as items
),

{% for what in ['brand_id', 'category'] -%}
{{ what }}_days as (
    select
        lines.customer_id,
        lines.{{ what }},
        lines.ordered_on,
        sum(sum(lines.amount)) over (
            partition by lines.customer_id, lines.{{ what }} order by lines.ordered_on asc nulls last rows unbounded preceding
        ) as amount
    from lines
    where lines.{{ what }} is not null
    group by lines.customer_id, lines.{{ what }}, lines.ordered_on
),

{{ what }}_race as (
    select
        days.customer_id,
        days.ordered_on,
        days.{{ what }} = favourites.favourite_{{ what }} as is_favourite,
        max(days.amount) over so_far as most,
        max(case when days.{{ what }} = favourites.favourite_{{ what }} then days.amount end) over so_far as own
    from {{ what }}_days as days
    inner join favourites on days.customer_id = favourites.customer_id
    window so_far as (partition by days.customer_id order by days.ordered_on asc nulls last)
),

{{ what }}_behind as (
    select
        race.customer_id,
        max(case when race.most > coalesce(race.own, 0) then race.ordered_on end) as behind_on
    from {{ what }}_race as race
    group by race.customer_id
),

{{ what }}_since as (
    select
        race.customer_id,
        coalesce(
            min(case when behind.behind_on is null or race.ordered_on > behind.behind_on then race.ordered_on end), max(race.ordered_on)
        ) as since
    from {{ what }}_race as race
    inner join {{ what }}_behind as behind on race.customer_id = behind.customer_id
    where race.is_favourite
    group by race.customer_id
),

{% endfor -%}
unit_prices as (
    select
        lines.customer_id,
        lines.ordered_on,
        sum(sum(lines.amount)) over so_far / nullif(sum(sum(lines.quantity)) over so_far, 0) as unit_price
    from lines
    where lines.quantity > 0
    group by lines.customer_id, lines.ordered_on
    window so_far as (partition by lines.customer_id order by lines.ordered_on asc nulls last rows unbounded preceding)
),

banded as (
    select
        unit_prices.customer_id,
        unit_prices.ordered_on,
        bands.band
    from unit_prices
    inner join bands
        on unit_prices.unit_price >= bands.min_amount
        and (bands.next_amount is null or unit_prices.unit_price < bands.next_amount)
),

price_band_other as (
    select
        banded.customer_id,
        max(case when banded.band <> favourites.price_band then banded.ordered_on end) as other_on
    from banded
    inner join favourites on banded.customer_id = favourites.customer_id
    group by banded.customer_id
),

price_band_since as (
    select
        banded.customer_id,
        min(banded.ordered_on) as since
    from banded
    inner join price_band_other as other on banded.customer_id = other.customer_id
    where other.other_on is null or banded.ordered_on > other.other_on
    group by banded.customer_id
),

favourite_since as (
    select
        favourites.customer_id,
        favourites.favourite_brand_id,
        brand_id_since.since as favourite_brand_since,
        favourites.favourite_category,
        category_since.since as favourite_category_since,
        favourites.price_band,
        price_band_since.since as price_band_since
    from favourites
    left join brand_id_since on favourites.customer_id = brand_id_since.customer_id
    left join category_since on favourites.customer_id = category_since.customer_id
    left join price_band_since on favourites.customer_id = price_band_since.customer_id
)

select * from favourite_since
