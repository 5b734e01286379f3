{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with runs as (
    select
        runs.*,
        count(*) over (partition by runs.customer_id, runs.brand_id) as steps
    from {{ ref('int_marts__information_runs') }} as runs
    where runs.began_at < runs.purchased_at and {{ of_changed_customers('runs.customer_id') }}
),

customers as (
    select persons.customer_id
    from {{ ref('persons') }} as persons
    where not persons.is_visitor
),

shown as (
    select
        runs.*,
        runs.steps - {{ setting('growth_path_steps', 'integer') }} as steps_cut
    from runs
    inner join customers on runs.customer_id = customers.customer_id
),

growth_paths as (
    select
        shown.customer_id,
        shown.brand_id,
        case when shown.steps_cut > 0 then '... > ' else '' end || string_agg(
            case when shown.position > shown.steps_cut then shown.information_kind end, ' > ' order by shown.position asc nulls last
        ) as path,
        cast(shown.steps as integer) as steps,
        {{ days_between(tokyo_day('min(shown.began_at)'), tokyo_day('shown.purchased_at')) }} as days
    from shown
    group by shown.customer_id, shown.brand_id, shown.purchased_at, shown.steps, shown.steps_cut
)

select * from growth_paths
