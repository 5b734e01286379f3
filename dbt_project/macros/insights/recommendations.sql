{# The kinds of recommendations, each one model `int_insights__recommended_<kind>`. #}
{% macro recommendation_kinds() -%}
    {{ return(kept_kinds() + ['pairs_with_store']) }}
{%- endmacro %}

{# Those that are kept from run to run for customers of whom nothing that they follow from is another. Lifts and the order of partners move
   with every order of anybody, so what goes with purchases in stores is made anew for all who bought there. #}
{% macro kept_kinds() -%}
    {{ return(['category', 'new_from_brand', 'recently_viewed', 'repeat', 'seasonal']) }}
{%- endmacro %}

{# Recommendations of `kinds` as they stood at the end of `day`: asked_no, kind, product_id, position, reason. #}
{% macro recommended_at(day, kinds) -%}
    {%- for kind in kinds %}
    select
        recommended.asked_no,
        '{{ kind }}' as kind,
        recommended.product_id,
        recommended.position,
        recommended.reason
    from {{ ref('int_insights__recommended_' ~ kind) }} as recommended
    where recommended.as_of = {{ day }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# The best-selling products that a seasonal rule offers, of both days: as_of, rule_id, product_id, place. #}
{% macro seasonal_offers() -%}
    select * from (
        select
            in_season.as_of,
            in_season.rule_id,
            products.product_id,
            row_number() over (
                partition by in_season.as_of, in_season.rule_id
                order by products.place asc nulls last
            ) as place
        from {{ ref('int_insights__seasonal_rules') }} as in_season
        inner join {{ ref('int_insights__recommendation_products') }} as products
            on
                in_season.as_of = products.as_of
                and (in_season.category is null or in_season.category = products.category)
                and (in_season.brand_id is null or in_season.brand_id = products.brand_id)
                and (in_season.campaign_brand_id is null or in_season.campaign_brand_id = products.brand_id)
    ) as offered
    where offered.place <= {{ setting('recommendation_candidates', 'integer') }}
{%- endmacro %}

{# The newest products of a brand, of both days: as_of, brand_id, product_id, launched_on. #}
{% macro products_launched() -%}
    select * from (
        select
            products.as_of,
            products.brand_id,
            products.product_id,
            products.launched_on,
            row_number() over (
                partition by products.as_of, products.brand_id
                order by products.launched_on desc nulls last, products.lines desc nulls last, products.product_id asc nulls last
            ) as brand_place
        from {{ ref('int_insights__recommendation_products') }} as products
        where products.launched_on > {{ add_days('products.as_of', '-' ~ setting('recommendation_new_days', 'integer')) }}
    ) as launched
    where launched.brand_place <= {{ setting('recommendation_candidates', 'integer') }}
{%- endmacro %}

{# A condition: orders whose products go with others. #}
{% macro is_store_receipt(orders) -%}
    {{ orders }}.is_counted and {{ orders }}.channel = 'store'
{%- endmacro %}

{# A condition: acts by which a customer looked at a product. #}
{% macro is_product_view(acts) -%}
    {{ acts }}.action in ('page_view', 'product_view', 'content_view') and {{ acts }}.product_id is not null
{%- endmacro %}

{# The settings that shape recommendations: together they are the model's version. #}
{% macro version_settings() -%}
    {{ return([
        'pair_window_days', 'pair_min_together', 'recommendation_candidates', 'recommendation_bought_days', 'recommendation_new_days',
        'recommendation_store_days', 'recommendation_store_products', 'recommendation_viewed_days', 'recommendation_repeat_orders',
        'recommendation_repeat_cycles', 'recommendation_replenishment_days',
    ]) }}
{%- endmacro %}
