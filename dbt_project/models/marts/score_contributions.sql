{%- set categories = ['product', 'lifestyle', 'lifestance'] -%}
with summed as (
    select * from {{ ref('int_marts__score_parts') }}
),

-- every act has an action: those rows together are the whole
wholes as (
    select
        {% for category in categories -%}
        sum(summed.{{ category }}) as {{ category }}{{ ',' if not loop.last }}
        {% endfor -%}
    from summed
    where summed.dimension = 'action'
),

scored as (
    select count(*) as customers
    from {{ ref('scores') }}
),

contributions as (
    select
        summed.dimension,
        summed.value,
        cast(summed.acts as bigint) as acts,
        cast(summed.customers as bigint) as customers,
        summed.customers / cast(nullif(scored.customers, 0) as double) as customer_share
        {%- for category in categories %},
        cast(round(summed.{{ category }}, 0) as bigint) as {{ category }}
        {%- endfor %}
        {%- for category in categories %},
        cast(summed.{{ category }} as double) / nullif(cast(wholes.{{ category }} as double), 0) as {{ category }}_share
        {%- endfor %},
        cast(round(summed.product + summed.lifestyle + summed.lifestance, 0) as bigint) as total,
        cast(summed.product + summed.lifestyle + summed.lifestance as double)
        / nullif(cast(wholes.product + wholes.lifestyle + wholes.lifestance as double), 0) as total_share
    from summed
    cross join wholes
    cross join scored
)

select * from contributions
