{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}
{%- set filters = ['score_category', 'information_kind', 'content_id', 'brand_id', 'product_id'] -%}
{%- set columns = ['touchpoint_id', 'rule_id', 'customer_id', 'occurred_at', 'content_id', 'score_category', 'information_kind', 'product',
    'lifestyle', 'lifestance'] %}

with rules as (
    select
        rules.*,
        rules.action = 'purchase' and (rules.brand_id is not null or rules.product_id is not null) as is_of_lines
    from {{ ref('score_rules') }} as rules
),

-- apart, since only acts by the rules that count must be put in order, and where there is no such rule nothing is read for it
plain_rules as (
    select * from rules
    where not rules.is_of_lines and rules.daily_cap is null
),

counting_rules as (
    select * from rules
    where rules.is_of_lines or rules.daily_cap is not null
),

-- an order scores once: on its first line, or on the first that a rule for a brand or product speaks of
{% for kind in ['plain', 'counting'] -%}
{{ kind }} as (
    select
        acts.touchpoint_id,
        rules.rule_id,
        acts.customer_id,
        acts.occurred_at,
        acts.occurred_on,
        acts.content_id,
        acts.score_category,
        acts.information_kind,
        acts.order_id,
        acts.is_first_line,
        rules.is_of_lines,
        rules.daily_cap,
        rules.product,
        rules.lifestyle,
        rules.lifestance
    from {{ touchpoints_to_read() }} as acts
    inner join {{ kind }}_rules as rules
        on
            acts.action = rules.action
            {%- for filter in filters %}
            and (rules.{{ filter }} is null or acts.{{ filter }} = rules.{{ filter }})
            {%- endfor %}
            and (rules.valid_from is null or acts.occurred_on >= rules.valid_from)
            and (rules.valid_to is null or acts.occurred_on <= rules.valid_to)
    inner join {{ ref('persons') }} as persons on acts.customer_id = persons.customer_id
    where
        not persons.is_visitor
        and acts.occurred_at < {{ as_of_end_at() }}
        and (acts.action <> 'purchase' or acts.is_first_line or rules.is_of_lines)
),

{% endfor -%}
once_per_order as (
    select
        counting.*,
        row_number() over (
            partition by counting.rule_id, case when counting.is_of_lines then counting.order_id else counting.touchpoint_id end
            order by counting.is_first_line desc nulls last, counting.touchpoint_id asc nulls last
        ) as line_of_order
    from counting
),

capped as (
    select
        once_per_order.*,
        row_number() over (
            partition by once_per_order.rule_id, once_per_order.customer_id, once_per_order.occurred_on
            order by once_per_order.occurred_at asc nulls last, once_per_order.touchpoint_id asc nulls last
        ) as place_of_day
    from once_per_order
    where once_per_order.line_of_order = 1
),

ledger as (
    select
        {% for column in columns -%}
        plain.{{ column }},
        {% endfor -%}
        '{{ invocation_id }}' as _batch
    from plain
    union all
    select
        {% for column in columns -%}
        capped.{{ column }},
        {% endfor -%}
        '{{ invocation_id }}' as _batch
    from capped
    where capped.daily_cap is null or capped.place_of_day <= capped.daily_cap
)

select * from ledger
