-- Steps triggered in this run that are not listed once or suppressed once: there are none.
with

accounts as (
    select scenario_id, step, customer_id, trigger
    from {{ source('activation', 'scenario_targets') }}
    where not holdout
    union all
    select scenario_id, step, customer_id, trigger
    from {{ source('activation', 'suppressions') }}
),

counted as (
    select scenario_id, step, customer_id, trigger, count(*) as times
    from accounts
    group by scenario_id, step, customer_id, trigger
),

unaccounted as (
    select due.scenario_id, due.step, due.customer_id, due.trigger_key
    from {{ source('activation', 'due_steps') }} as due
    left join counted
        on due.scenario_id = counted.scenario_id
        and due.step = counted.step
        and due.customer_id = counted.customer_id
        and due.trigger_key = counted.trigger
    where coalesce(counted.times, 0) <> 1
)

select * from unaccounted
