{# The kinds of recommendations, each one model `int_insights__recommended_<kind>`. #}
{% macro recommendation_kinds() -%}
    {{ return(['category', 'new_from_brand', 'pairs_with_store', 'recently_viewed', 'repeat', 'seasonal']) }}
{%- endmacro %}

{# All kinds as they stood at the end of `day`: asked_no, kind, product_id, position, reason. #}
{% macro recommended_at(day) -%}
    {%- for kind in recommendation_kinds() %}
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

{# The settings that shape recommendations: together they are the model's version. #}
{% macro version_settings() -%}
    {{ return([
        'pair_window_days', 'pair_min_together', 'recommendation_candidates', 'recommendation_bought_days', 'recommendation_new_days',
        'recommendation_store_days', 'recommendation_store_products', 'recommendation_viewed_days', 'recommendation_repeat_orders',
        'recommendation_repeat_cycles', 'recommendation_replenishment_days',
    ]) }}
{%- endmacro %}
