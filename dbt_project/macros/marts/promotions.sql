{# The UTC timestamp at which a Tokyo day begins. #}
{% macro start_of_day(day) -%}
    (cast({{ day }} as timestamp) - interval '9 hours')
{%- endmacro %}

{# A timestamp some days later. #}
{% macro days_after(timestamp, days) -%}
    {{ return(adapter.dispatch('days_after', 'kizuna')(timestamp, days)) }}
{%- endmacro %}

{% macro default__days_after(timestamp, days) -%}
    ({{ timestamp }} + {{ days }} * interval '1 day')
{%- endmacro %}

{% macro spark__days_after(timestamp, days) -%}
    ({{ timestamp }} + make_interval(0, 0, 0, {{ days }}))
{%- endmacro %}

{# What participants and others are compared in, as columns of int_marts__promotion_customers: net_sales in yen, all others 1 or 0. #}
{% macro promotion_outcomes() -%}
    purchase net_sales rf_up rf_down rank_up rank_down
{%- endmacro %}

{# What customers must have in common to be compared, known the day before: the columns of a stratum. #}
{% macro promotion_strata() -%}
    segment rank channel sales_band
{%- endmacro %}
