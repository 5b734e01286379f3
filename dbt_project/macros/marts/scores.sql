{# Days after which the points of an act count half, 0 where they never fade: setting score_half_life_days, empty or 0 by default. #}
{% macro score_half_life() -%}
    coalesce((
        select cast(nullif(settings.value, '') as double)
        from {{ source('run', 'settings') }} as settings
        where settings.name = 'score_half_life_days'
    ), 0)
{%- endmacro %}

{# What a point of `occurred_on` counts at `as_of`: 0.5^(days / half-life). A decimal, so that sums do not depend on the order of their rows. #}
{% macro score_weight(occurred_on, as_of) -%}
    cast(case
        when {{ score_half_life() }} > 0 then power(0.5, {{ days_between(occurred_on, as_of) }} / {{ score_half_life() }})
        else 1
    end as decimal(18, 9))
{%- endmacro %}

{# Whether every score is another tomorrow, so that no row of a customer may be kept. #}
{% macro scores_fade() -%}
    {{ return(run_query('select ' ~ score_half_life() ~ ' > 0').rows[0][0]) }}
{%- endmacro %}

{# Pre-hook of what sums points per customer. #}
{% macro forget_changed_scores() -%}
    {%- if is_incremental() and scores_fade() %}
    delete from {{ this }};
    {%- endif %}
    {{ forget_changed_customers() }}
{%- endmacro %}

{# A condition: the customer's points have to be summed in this run. #}
{% macro of_changed_scores(column) -%}
    {%- set changed = of_changed_customers(column) -%}
    {{ return('true' if is_incremental() and scores_fade() else changed) }}
{%- endmacro %}
