with units as (
    select * from {{ ref('int_marts__badge_units') }}
),

rules as (
    select * from {{ ref('badge_rules') }}
),

customers as (
    select persons.customer_id
    from {{ ref('persons') }} as persons
    where not persons.is_visitor
),

-- the few who reach the count, so that only their acts are put in order
reached as (
    select
        units.badge_id,
        units.customer_id,
        units.subject_id,
        rules.what,
        rules.min_count
    from units
    inner join rules on units.badge_id = rules.badge_id
    group by units.badge_id, units.customer_id, units.subject_id, rules.what, rules.min_count
    having sum(units.units) >= rules.min_count
),

counted as (
    select
        reached.*,
        units.counted_at,
        units.touchpoint_id,
        sum(units.units) over (
            partition by units.badge_id, units.customer_id, units.subject_id
            order by units.counted_at asc nulls last, units.touchpoint_id asc nulls last
            rows between unbounded preceding and current row
        ) as units_so_far
    from reached
    inner join customers on reached.customer_id = customers.customer_id
    inner join units
        on
            reached.badge_id = units.badge_id
            and reached.customer_id = units.customer_id
            and reached.subject_id = units.subject_id
),

earned as (
    select
        counted.*,
        row_number() over (
            partition by counted.badge_id, counted.customer_id
            order by
                counted.counted_at asc nulls last,
                counted.subject_id asc nulls last,
                counted.touchpoint_id asc nulls last
        ) as place
    from counted
    where counted.units_so_far >= counted.min_count
),

badges as (
    select
        earned.customer_id,
        earned.badge_id,
        earned.counted_at as earned_at,
        case when earned.subject_id = '' then earned.what else earned.what || ' ' || earned.subject_id end
        || ': ' || cast(cast(earned.units_so_far as bigint) as varchar) as evidence
    from earned
    where earned.place = 1
)

select * from badges
