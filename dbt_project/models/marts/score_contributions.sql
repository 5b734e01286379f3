{%- set categories = ['product', 'lifestyle', 'lifestance'] -%}
with points as (
    select
        points.*,
        rules.action,
        contents.score_category,
        contents.information_kind
    from {{ ref('int_marts__score_sums') }} as points
    inner join {{ ref('score_rules') }} as rules on points.rule_id = rules.rule_id
    left join {{ ref('int_core__contents') }} as contents on points.content_id = contents.content_id
),

{% for dimension in ['action', 'rule_id', 'score_category', 'information_kind', 'content_id'] -%}
by_{{ dimension }} as (
    select
        '{{ dimension }}' as dimension,
        points.{{ dimension }} as value,
        sum(points.acts) as acts,
        count(distinct points.customer_id) as customers
        {%- for category in categories %},
        sum(points.{{ category }}) as {{ category }}
        {%- endfor %}
    from points
    where points.{{ dimension }} is not null
    group by points.{{ dimension }}
),

{% endfor -%}
summed as (
    {% for dimension in ['action', 'rule_id', 'score_category', 'information_kind', 'content_id'] -%}
    select * from by_{{ dimension }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- every act has an action: those rows together are the whole
wholes as (
    select
        {% for category in categories -%}
        sum(by_action.{{ category }}) as {{ category }}{{ ',' if not loop.last }}
        {% endfor -%}
    from by_action
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
