{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

{% set measures = rank_measures().split() -%}
with brand_days as (
    select days.*
    from {{ brand_days_to_read() }} as days
    inner join {{ ref('persons') }} as persons on days.customer_id = persons.customer_id
    where not persons.is_visitor
),

rules as (
    select * from {{ ref('journey_rules') }}
),

stages as (
    select distinct
        rules.position,
        rules.stage
    from rules
),

-- all that has come together since the first touch
totals as (
    select
        brand_days.customer_id,
        brand_days.brand_id,
        brand_days.occurred_on,
        {% for measure in measures -%}
        cast(sum({{ rank_measure_of_day('brand_days', measure) }}) over history as integer) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from brand_days
    window history as (
        partition by brand_days.customer_id, brand_days.brand_id order by brand_days.occurred_on asc nulls last
    )
),

-- few different totals occur, so rules are tried once for each and not once for each day
matches as (
    select
        {% for measure in measures -%}
        patterns.{{ measure }},
        {% endfor -%}
        max(rules.position) as position
    from (select distinct {{ measures | join(', ') }} from totals) as patterns
    inner join rules
        on
            {% for measure in measures -%}
            {{ 'and ' if not loop.first }}(rules.min_{{ measure }} is null or patterns.{{ measure }} >= rules.min_{{ measure }})
            {% endfor %}
    group by
        {% for measure in measures -%}
        patterns.{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
),

steps as (
    select
        totals.customer_id,
        totals.brand_id,
        matches.position,
        min(totals.occurred_on) as reached_on
    from totals
    inner join matches
        on
            {% for measure in measures -%}
            {{ 'and ' if not loop.first }}totals.{{ measure }} = matches.{{ measure }}
            {% endfor %}
    group by totals.customer_id, totals.brand_id, matches.position
),

-- totals only grow, so a later step is a higher stage
last_steps as (
    select
        steps.customer_id,
        steps.brand_id,
        max(steps.position) as position,
        max(steps.reached_on) as since
    from steps
    group by steps.customer_id, steps.brand_id
),

journeys as (
    select
        last_steps.customer_id,
        last_steps.brand_id,
        stages.stage,
        last_steps.since,
        '{{ invocation_id }}' as _batch
    from last_steps
    inner join stages on last_steps.position = stages.position
)

select * from journeys
