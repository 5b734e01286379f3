{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ forget_changed_customers() }}"
) }}

with units as (
    select units.*
    from {{ ref('int_marts__badge_units') }} as units
    where {{ of_changed_customers('units.customer_id') }}
),

rules as (
    select * from {{ ref('badge_rules') }}
),

customers as (
    select persons.customer_id
    from {{ ref('persons') }} as persons
    where not persons.is_visitor
),

-- the few who reach the count at all, so that only their acts are put in order
reached as (
    select
        units.badge_id,
        units.customer_id,
        units.subject_id,
        rules.window_days
    from units
    inner join rules on units.badge_id = rules.badge_id
    inner join customers on units.customer_id = customers.customer_id
    group by units.badge_id, units.customer_id, units.subject_id, rules.window_days, rules.min_count
    having sum(units.units) >= rules.min_count
),

candidates as (
    select
        units.*,
        {{ add_days('units.occurred_on', 'reached.window_days') }} as gone_on,
        lag({{ add_days('units.occurred_on', 'reached.window_days') }}) over same_item as gone_before_on,
        lag(units.occurred_on) over same_item as before_on,
        lead(units.occurred_on) over same_item as after_on
    from units
    inner join reached
        on
            units.badge_id = reached.badge_id
            and units.customer_id = reached.customer_id
            and units.subject_id = reached.subject_id
    window same_item as (
        partition by units.badge_id, units.customer_id, units.subject_id, units.item_id
        order by units.occurred_on asc nulls last
    )
),

-- a thing comes in with its act, and goes out when the window has passed it, unless it has come again by then
steps as (
    select
        candidates.*,
        candidates.occurred_on as step_on,
        true as is_act,
        candidates.units as step
    from candidates
    where candidates.before_on is null or candidates.gone_before_on <= candidates.occurred_on
    union all
    select
        candidates.*,
        candidates.gone_on as step_on,
        false as is_act,
        -candidates.units as step
    from candidates
    where candidates.gone_on is not null and (candidates.after_on is null or candidates.after_on >= candidates.gone_on)
),

counted as (
    select
        steps.*,
        sum(steps.step) over (
            partition by steps.badge_id, steps.customer_id, steps.subject_id
            order by
                steps.step_on asc nulls last,
                steps.is_act asc nulls last,
                steps.counted_at asc nulls last,
                steps.item_id asc nulls last
            rows between unbounded preceding and current row
        ) as units_so_far
    from steps
),

earned as (
    select
        counted.customer_id,
        counted.badge_id,
        counted.subject_id,
        counted.counted_at,
        counted.units_so_far,
        rules.what,
        rules.window_days,
        row_number() over (
            partition by counted.badge_id, counted.customer_id
            order by
                counted.counted_at asc nulls last,
                counted.subject_id asc nulls last,
                counted.item_id asc nulls last
        ) as place
    from counted
    inner join rules on counted.badge_id = rules.badge_id
    where counted.is_act and counted.units_so_far >= rules.min_count
),

badges as (
    select
        earned.customer_id,
        earned.badge_id,
        earned.counted_at as earned_at,
        case when earned.subject_id = '' then earned.what else earned.what || ' ' || earned.subject_id end
        || ': ' || cast(cast(earned.units_so_far as bigint) as varchar)
        || coalesce(' in ' || cast(earned.window_days as varchar) || ' days', '') as evidence
    from earned
    where earned.place = 1
)

select * from badges
