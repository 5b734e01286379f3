{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with kinds as (
    select
        runs.customer_id,
        runs.brand_id,
        runs.information_kind,
        runs.purchased_at,
        min(runs.began_at) as first_touched_at,
        min(runs.position) as first_position,
        max(
            case
                when runs.began_at < runs.purchased_at and coalesce(runs.next_began_at >= runs.purchased_at, true) then 1 else 0
            end
        ) as is_last
    from {{ ref('int_marts__information_runs') }} as runs
    where {{ of_changed_customers('runs.customer_id') }}
    group by runs.customer_id, runs.brand_id, runs.information_kind, runs.purchased_at
),

growth_steps as (
    select
        kinds.customer_id,
        kinds.brand_id,
        kinds.information_kind,
        persons.is_visitor,
        {{ tokyo_day('kinds.first_touched_at') }} as first_touched_on,
        not persons.is_visitor and coalesce(kinds.first_touched_at < kinds.purchased_at, true) as is_touched,
        not persons.is_visitor and coalesce(kinds.first_touched_at < kinds.purchased_at, false) as is_buyer,
        case
            when not persons.is_visitor and kinds.first_touched_at < kinds.purchased_at
                then {{ days_between(tokyo_day('kinds.first_touched_at'), tokyo_day('kinds.purchased_at')) }}
        end as days,
        not persons.is_visitor
        and kinds.first_position = 1
        and coalesce(kinds.first_touched_at < kinds.purchased_at, true) as is_first_touch,
        not persons.is_visitor and kinds.is_last = 1 as is_last_touch
    from kinds
    inner join {{ ref('persons') }} as persons on kinds.customer_id = persons.customer_id
)

select * from growth_steps
