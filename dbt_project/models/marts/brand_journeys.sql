with steps as (
    select *
    from {{ ref('int_marts__brand_journey_steps') }} as steps
    where steps.reached_on <= {{ as_of() }}
),

stages as (
    select distinct
        rules.position,
        rules.stage
    from {{ ref('journey_rules') }} as rules
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

brand_journeys as (
    select
        last_steps.customer_id,
        last_steps.brand_id,
        stages.stage,
        last_steps.since
    from last_steps
    inner join stages on last_steps.position = stages.position
)

select * from brand_journeys
