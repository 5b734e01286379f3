{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with known as (
    select
        persons.customer_id,
        order_tags.orders,
        order_tags.last_ordered_on,
        order_tags.gift_orders,
        order_tags.last_gift_on,
        order_tags.subscribed_on,
        {{ add_days('order_tags.subscription_ordered_on', setting('tag_subscription_days', 'integer')) }} as subscribed_until,
        {{ tokyo_day('activity.first_store_at') }} as first_store_on,
        {{ tokyo_day('activity.last_visit_at') }} as last_visit_on,
        {{ tokyo_day('open_carts.last_added_at') }} as cart_on,
        open_carts.customer_id is not null as cart_open,
        favourites.favourite_brand_id,
        favourites.favourite_category,
        favourites.price_band,
        favourites.favourite_brand_since,
        favourites.favourite_category_since,
        favourites.price_band_since
    from {{ ref('persons') }} as persons
    left join {{ ref('int_insights__order_tags') }} as order_tags on persons.customer_id = order_tags.customer_id
    left join {{ ref('int_insights__activity') }} as activity on persons.customer_id = activity.customer_id
    left join {{ ref('int_insights__open_carts') }} as open_carts on persons.customer_id = open_carts.customer_id
    left join {{ ref('int_insights__favourite_since') }} as favourites on persons.customer_id = favourites.customer_id
    where not persons.is_visitor
        and {{ of_changed_customers('persons.customer_id') }}
),

rules as (
    select * from {{ ref('tag_rules') }}
),

-- What changes by the passing of days alone has no value here: `tags` says it, of `since` and `until_on`.
said as (
    select
        known.customer_id,
        rules.tag,
        rules.what,
        case rules.what
            when 'orders' then cast(nullif(known.orders, 0) as varchar)
            when 'gift_orders' then cast(nullif(known.gift_orders, 0) as varchar)
            when 'store' then case when known.first_store_on is not null then 'yes' end
            when 'cart' then case when known.cart_open then 'yes' end
            when 'favourite_brand' then known.favourite_brand_id
            when 'favourite_category' then known.favourite_category
            when 'price_band' then known.price_band
        end as value,
        case rules.what
            when 'orders' then known.last_ordered_on
            when 'gift_orders' then known.last_gift_on
            when 'subscription' then known.subscribed_on
            when 'store' then known.first_store_on
            when 'cart' then known.cart_on
            when 'days_since_visit' then known.last_visit_on
            when 'favourite_brand' then known.favourite_brand_since
            when 'favourite_category' then known.favourite_category_since
            when 'price_band' then known.price_band_since
        end as since,
        case rules.what when 'subscription' then known.subscribed_until end as until_on
    from known
    cross join rules
),

fact_tags as (
    select
        said.*,
        '{{ invocation_id }}' as _batch
    from said
    where said.value is not null
        or said.until_on is not null
        or (said.what = 'days_since_visit' and said.since is not null)
)

select * from fact_tags
