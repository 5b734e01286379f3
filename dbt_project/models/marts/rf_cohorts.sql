with as_of_days as (
    select * from {{ ref('int_marts__as_of_days') }}
),

windows as (
    select settings.value as window_days from {{ setting_integers('repeat_window_days') }} as settings
),

-- customers with one history are counted together before the history is spread over its month ends
histories as (
    select
        states.from_months_before,
        states.until_months_before,
        {{ month_of('states.first_counted_on') }} as cohort_month,
        states.next_ordered_on,
        count(*) as customers,
        sum(states.net_sales) as net_sales
    from {{ ref('int_marts__rf_states') }} as states
    where states.first_counted_on is not null
    group by
        states.from_months_before, states.until_months_before, {{ month_of('states.first_counted_on') }}, states.next_ordered_on
),

counts as (
    select
        as_of_days.as_of,
        windows.window_days,
        histories.cohort_month,
        sum(histories.customers) as customers,
        sum(histories.net_sales) as net_sales,
        sum(
            case
                when histories.next_ordered_on <= {{ add_days('as_of_days.as_of', 'windows.window_days') }} then histories.customers
                else 0
            end
        ) as repeaters
    from histories
    inner join as_of_days
        on as_of_days.months_before between histories.until_months_before and histories.from_months_before
    cross join windows
    group by as_of_days.as_of, windows.window_days, histories.cohort_month
),

-- shares are of the whole RF table, those with trials alone included
wholes as (
    select * from {{ ref('rf_matrix') }}
    where recency_band = 'total' and frequency_band = 'total'
),

cohorts as (
    select
        counts.as_of,
        counts.window_days,
        counts.cohort_month,
        cast({{ months_between('counts.cohort_month', 'counts.as_of') }} as integer) as months_after,
        cast(counts.customers as bigint) as customers,
        cast(counts.customers as double) / cast(wholes.customers as double) as customer_share,
        cast(counts.net_sales as decimal(18, 2)) as net_sales,
        cast(counts.net_sales as double) / nullif(cast(wholes.net_sales as double), 0) as sales_share,
        cast(counts.repeaters as bigint) as repeaters,
        case when wholes.is_mature then cast(counts.repeaters as double) / cast(counts.customers as double) end as repeat_rate,
        wholes.is_mature
    from counts
    inner join wholes on counts.as_of = wholes.as_of and counts.window_days = wholes.window_days
)

select * from cohorts
