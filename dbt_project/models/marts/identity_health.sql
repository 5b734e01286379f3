with

figures as (
    select * from {{ ref('int_marts__identity_figures') }}
),

earlier as (
    select * from {{ source('run', 'identity_health_before') }}
),

newest as (
    select max(as_of) as previous_as_of from earlier
),

before as (
    select earlier.*
    from earlier
    inner join newest on earlier.as_of = newest.previous_as_of
),

-- What was counted at one of the two runs alone was 0 at the other; a share of nothing is none.
compared as (
    select
        coalesce(figures.metric, before.metric) as metric,
        coalesce(figures.dimension, before.dimension) as dimension,
        coalesce(figures.reason, before.reason) as reason,
        coalesce(figures.value, 0) as value,
        newest.previous_as_of,
        case
            when newest.previous_as_of is null or figures.metric like '%share%' then before.value
            else coalesce(before.value, 0)
        end as previous_value
    from figures
    full outer join before
        on figures.metric = before.metric
        and figures.dimension = before.dimension
        and coalesce(figures.reason, '') = coalesce(before.reason, '')
    cross join newest
    where figures.metric is not null
        or (before.value <> 0 and before.metric not like '%share%')
),

identity_health as (
    select
        {{ as_of() }} as as_of,
        compared.metric,
        compared.dimension,
        compared.reason,
        compared.value,
        compared.previous_as_of,
        compared.previous_value,
        compared.value - compared.previous_value as change
    from compared
)

select * from identity_health
