{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_customers_to_make('customers_to_make', who_is_shown_anew()) }}"
) }}

with

customer_rows as (
    select
        persons.customer_id,
        persons.first_seen_at,
        {% for column, now in columns_besides_acts().items() -%}
        {{ now }} as {{ column }},
        {% endfor -%}
        coalesce(person_ids.member_ids, {{ empty_list() }}) as member_ids,
        coalesce(person_ids.card_nos, {{ empty_list() }}) as card_nos,
        coalesce(activity.has_ec, false) as has_ec,
        coalesce(activity.has_store, false) as has_store,
        coalesce(activity.has_web, false) as has_web,
        cast(coalesce(order_totals.orders, 0) as bigint) as orders,
        cast(coalesce(order_totals.net_sales, 0) as decimal(18, 2)) as net_sales,
        cast(order_totals.average_order_value as decimal(18, 2)) as average_order_value,
        order_totals.first_order_at,
        order_totals.last_order_at,
        favourites.favourite_brand_id,
        favourites.favourite_category,
        favourites.price_band,
        cast(coalesce(order_totals.gift_orders, 0) as bigint) as gift_orders,
        cast(coalesce(activity.visits, 0) as bigint) as visits,
        open_carts.customer_id is not null as cart_open,
        {{ tokyo_day('activity.last_visit_at') }} as last_visit_on,
        {% for score in ['product', 'lifestyle', 'lifestance', 'total'] -%}
        cast(coalesce(scores.{{ score }}, 0) as bigint) as score_{{ score }},
        {% endfor -%}
        (select max(log.change_no) from {{ ref('int_core__changed_customers') }} as log) as change_no,
        '{{ invocation_id }}' as _batch
    from {{ persons_to_make('customers_to_make') }} as persons
    {{ tables_besides_acts('persons', 'customers_to_make') }}
    {{ join_by_customer('persons', {
        'scores': ref('scores'),
        'activity': ref('int_insights__activity'),
        'order_totals': ref('int_insights__order_totals'),
        'favourites': ref('int_insights__favourites'),
        'open_carts': ref('int_insights__open_carts'),
    }, 'customers_to_make') }}
    where not persons.is_visitor
        and persons.first_seen_at < {{ as_of_end_at() }}
)

select * from customer_rows
