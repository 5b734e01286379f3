with person_days as (
    select
        {{ tokyo_day('persons.first_seen_at') }} as day,
        sum(case when persons.is_visitor then 0 else 1 end) as new_customers,
        sum(case when persons.is_visitor then 1 else 0 end) as new_visitors
    from {{ ref('persons') }} as persons
    where persons.first_seen_at < {{ as_of_end_at() }}
    group by {{ tokyo_day('persons.first_seen_at') }}
),

figures as (
    select orders.day, orders.metric, orders.value from {{ ref('int_marts__kpi_orders') }} as orders
    union all
    select acts.day, acts.metric, acts.value from {{ ref('int_marts__kpi_acts') }} as acts
    union all
    select person_days.day, 'new_customers' as metric, cast(person_days.new_customers as decimal(18, 2)) as value from person_days
    union all
    select person_days.day, 'new_visitors' as metric, cast(person_days.new_visitors as decimal(18, 2)) as value from person_days
),

days as (
    select figures.day from figures
    union
    select context.as_of as day from {{ source('run', 'context') }} as context
),

-- how many customers there are by the end of a day
stocks as (
    select
        days.day,
        'customers' as metric,
        cast(sum(coalesce(person_days.new_customers, 0)) over (
            order by days.day asc nulls last rows between unbounded preceding and current row
        ) as decimal(18, 2)) as value
    from days
    left join person_days on days.day = person_days.day
),

measured as (
    select figures.day, figures.metric, figures.value from figures
    union all
    select stocks.day, stocks.metric, stocks.value from stocks
),

labels as (
    select * from {{ ref('kpi_labels') }}
    where stage = 'marts'
),

-- Every metric on every day on which anything happened: a day without orders is 0, not missing. An average of nothing is no number.
kpi_daily as (
    select
        days.day,
        labels.metric,
        cast(coalesce(measured.value, 0) as decimal(18, 2)) as value
    from days
    cross join labels
    left join measured on days.day = measured.day and labels.metric = measured.metric
    where measured.value is not null or not labels.is_average
)

select * from kpi_daily
