with

persons as (
    select * from {{ ref('persons') }}
    where not is_visitor
        and first_seen_at < {{ as_of_end_at() }}
),

customers as (
    select
        persons.customer_id,
        persons.first_seen_at,
        coalesce(person_ids.member_ids, {{ empty_list() }}) as member_ids,
        coalesce(person_ids.card_nos, {{ empty_list() }}) as card_nos,
        coalesce(activity.has_ec, false) as has_ec,
        coalesce(activity.has_store, false) as has_store,
        coalesce(activity.has_web, false) as has_web,
        person_attributes.gender,
        {{ age_band(age_on('person_attributes.birth_date', as_of())) }} as age_band,
        person_attributes.prefecture,
        person_attributes.member_rank,
        coalesce(consents.consent_email, false) as consent_email,
        coalesce(consents.consent_line, false) as consent_line,
        coalesce(consents.consent_sms, false) as consent_sms,
        coalesce(consents.consent_push, false) as consent_push,
        coalesce(consents.consent_dm, false) as consent_dm,
        cast(coalesce(order_totals.orders, 0) as bigint) as orders,
        cast(coalesce(order_totals.net_sales, 0) as decimal(18, 2)) as net_sales,
        cast(order_totals.average_order_value as decimal(18, 2)) as average_order_value,
        order_totals.first_order_at,
        order_totals.last_order_at,
        cast(rf_customers.recency_months as bigint) as recency_months,
        cast(coalesce(rf_customers.frequency, 0) as bigint) as frequency,
        rf_customers.segment as rf_segment,
        favourites.favourite_brand_id,
        favourites.favourite_category,
        favourites.price_band,
        cast(coalesce(order_totals.gift_orders, 0) as bigint) as gift_orders,
        cast(coalesce(activity.visits, 0) as bigint) as visits,
        cast(coalesce(web_sessions.web_sessions_30d, 0) as bigint) as web_sessions_30d,
        web_sessions.visit_source,
        open_carts.customer_id is not null as cart_open,
        cast({{ as_of() }} - {{ tokyo_day('activity.last_visit_at') }} as bigint) as days_since_last_visit,
        cast(coalesce(scores.product, 0) as bigint) as score_product,
        cast(coalesce(scores.lifestyle, 0) as bigint) as score_lifestyle,
        cast(coalesce(scores.lifestance, 0) as bigint) as score_lifestance,
        cast(coalesce(scores.total, 0) as bigint) as score_total,
        -- Predictions come in a later step; until then nothing stands in for them.
        cast(null as varchar) as best_channel,
        cast(null as bigint) as best_hour,
        cast(null as date) as next_purchase_on,
        cast(null as decimal(18, 2)) as ltv_365d,
        cast(null as double) as audience_score
    from persons
    left join {{ ref('int_insights__person_ids') }} as person_ids on persons.customer_id = person_ids.customer_id
    left join {{ ref('person_attributes') }} as person_attributes on persons.customer_id = person_attributes.customer_id
    left join {{ ref('int_insights__activity') }} as activity on persons.customer_id = activity.customer_id
    left join {{ ref('int_insights__order_totals') }} as order_totals on persons.customer_id = order_totals.customer_id
    left join {{ ref('int_insights__favourites') }} as favourites on persons.customer_id = favourites.customer_id
    left join {{ ref('int_insights__web_sessions') }} as web_sessions on persons.customer_id = web_sessions.customer_id
    left join {{ ref('int_insights__open_carts') }} as open_carts on persons.customer_id = open_carts.customer_id
    left join {{ ref('int_insights__person_consents') }} as consents on persons.customer_id = consents.customer_id
    left join {{ ref('rf_customers') }} as rf_customers on persons.customer_id = rf_customers.customer_id
    left join {{ ref('scores') }} as scores on persons.customer_id = scores.customer_id
)

select * from customers
