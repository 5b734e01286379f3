with known as (
    select
        customers.*,
        order_tags.last_ordered_on,
        order_tags.last_gift_on,
        order_tags.subscribed_on,
        order_tags.subscription_ordered_on,
        {{ add_days('order_tags.subscription_ordered_on', setting('tag_subscription_days', 'integer')) }} as subscribed_until,
        {{ tokyo_day('activity.first_store_at') }} as first_store_on,
        {{ tokyo_day('activity.last_visit_at') }} as last_visit_on,
        {{ tokyo_day('open_carts.last_added_at') }} as cart_on,
        favourite_since.favourite_brand_since,
        favourite_since.favourite_category_since,
        favourite_since.price_band_since
    from {{ ref('customers') }} as customers
    left join {{ ref('int_insights__order_tags') }} as order_tags on customers.customer_id = order_tags.customer_id
    left join {{ ref('int_insights__activity') }} as activity on customers.customer_id = activity.customer_id
    left join {{ ref('int_insights__open_carts') }} as open_carts on customers.customer_id = open_carts.customer_id
    left join {{ ref('int_insights__favourite_since') }} as favourite_since on customers.customer_id = favourite_since.customer_id
),

rules as (
    select * from {{ ref('tag_rules') }}
),

fact_tags as (
    select
        known.customer_id,
        rules.tag,
        case rules.what
            when 'orders' then cast(nullif(known.orders, 0) as varchar)
            when 'gift_orders' then cast(nullif(known.gift_orders, 0) as varchar)
            when 'subscription' then case when known.subscribed_until >= {{ as_of() }} then 'active'
                when known.subscribed_until < {{ as_of() }} then 'ended' end
            when 'store' then case when known.first_store_on is not null then 'yes' end
            when 'cart' then case when known.cart_open then 'yes' end
            when 'days_since_visit' then cast(known.days_since_last_visit as varchar)
            when 'favourite_brand' then known.favourite_brand_id
            when 'favourite_category' then known.favourite_category
            when 'price_band' then known.price_band
        end as value,
        case rules.what
            when 'orders' then known.last_ordered_on
            when 'gift_orders' then known.last_gift_on
            when 'subscription' then case when known.subscribed_until >= {{ as_of() }} then known.subscribed_on
                else {{ add_days('known.subscribed_until', 1) }} end
            when 'store' then known.first_store_on
            when 'cart' then known.cart_on
            when 'days_since_visit' then known.last_visit_on
            when 'favourite_brand' then known.favourite_brand_since
            when 'favourite_category' then known.favourite_category_since
            when 'price_band' then known.price_band_since
        end as since
    from known
    cross join rules
),

tags as (
    select
        act_tags.customer_id,
        act_tags.tag,
        act_tags.value,
        act_tags.since
    from {{ ref('int_insights__act_tags') }} as act_tags
    union all
    select
        fact_tags.customer_id,
        fact_tags.tag,
        fact_tags.value,
        fact_tags.since
    from fact_tags
    where fact_tags.value is not null
)

select * from tags
