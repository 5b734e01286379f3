with as_of_days as (
    select * from {{ ref('int_marts__as_of_days') }}
),

recency_bands as (
    select * from {{ ref('rf_recency_bands') }}
),

frequency_bands as (
    select * from {{ ref('rf_frequency_bands') }}
),

segments as (
    select * from {{ ref('rf_segments') }}
),

windows as (
    select settings.value as window_days from {{ setting_integers('repeat_window_days') }} as settings
),

-- customers with one history are counted together before the history is spread over its month ends
histories as (
    select
        states.from_months_before,
        states.until_months_before,
        states.recent_on,
        states.frequency,
        states.next_ordered_on,
        count(*) as customers,
        sum(states.net_sales) as net_sales
    from {{ ref('int_marts__rf_states') }} as states
    group by
        states.from_months_before, states.until_months_before, states.recent_on, states.frequency, states.next_ordered_on
),

days as (
    select
        as_of_days.as_of,
        recency_bands.band as recency_band,
        frequency_bands.band as frequency_band,
        histories.next_ordered_on,
        sum(histories.customers) as customers,
        sum(histories.net_sales) as net_sales
    from histories
    inner join as_of_days
        on as_of_days.months_before between histories.until_months_before and histories.from_months_before
    inner join recency_bands
        on
            {{ completed_months('histories.recent_on', 'as_of_days.as_of') }} >= recency_bands.min_months
            and (
                recency_bands.max_months is null
                or {{ completed_months('histories.recent_on', 'as_of_days.as_of') }} < recency_bands.max_months
            )
    inner join frequency_bands
        on
            histories.frequency >= frequency_bands.min_orders
            and (frequency_bands.max_orders is null or histories.frequency < frequency_bands.max_orders)
    group by as_of_days.as_of, recency_bands.band, frequency_bands.band, histories.next_ordered_on
),

counts as (
    select
        days.as_of,
        windows.window_days,
        days.recency_band,
        days.frequency_band,
        sum(days.customers) as customers,
        sum(days.net_sales) as net_sales,
        sum(
            case
                when days.next_ordered_on <= {{ add_days('days.as_of', 'windows.window_days') }} then days.customers
                else 0
            end
        ) as repeaters
    from days
    cross join windows
    group by days.as_of, windows.window_days, days.recency_band, days.frequency_band
),

-- every band stands under its own heading and under `total`
recency_headings as (
    select recency_bands.band, recency_bands.band as heading, recency_bands.min_months from recency_bands
    union all
    select recency_bands.band, 'total' as heading, cast(null as integer) as min_months from recency_bands
),

frequency_headings as (
    select frequency_bands.band, frequency_bands.band as heading, frequency_bands.min_orders from frequency_bands
    union all
    select frequency_bands.band, 'total' as heading, cast(null as integer) as min_orders from frequency_bands
),

filled as (
    select
        counts.as_of,
        counts.window_days,
        recency_headings.heading as recency_band,
        frequency_headings.heading as frequency_band,
        sum(counts.customers) as customers,
        sum(counts.net_sales) as net_sales,
        sum(counts.repeaters) as repeaters
    from counts
    inner join recency_headings on counts.recency_band = recency_headings.band
    inner join frequency_headings on counts.frequency_band = frequency_headings.band
    group by counts.as_of, counts.window_days, recency_headings.heading, frequency_headings.heading
),

grid as (
    select
        as_of_days.as_of,
        windows.window_days,
        recency.heading as recency_band,
        frequency.heading as frequency_band,
        segments.segment,
        {{ add_days('as_of_days.as_of', 'windows.window_days') }} <= {{ as_of() }} as is_mature
    from as_of_days
    cross join windows
    cross join (select distinct heading, min_months from recency_headings) as recency
    cross join (select distinct heading, min_orders from frequency_headings) as frequency
    left join segments
        on
            recency.min_months >= segments.recency_from
            and (segments.recency_to is null or recency.min_months < segments.recency_to)
            and frequency.min_orders >= segments.frequency_from
            and (segments.frequency_to is null or frequency.min_orders < segments.frequency_to)
),

wholes as (
    select filled.* from filled
    where filled.recency_band = 'total' and filled.frequency_band = 'total'
),

matrix as (
    select
        grid.as_of,
        grid.window_days,
        grid.recency_band,
        grid.frequency_band,
        grid.segment,
        cast(coalesce(filled.customers, 0) as bigint) as customers,
        cast(coalesce(filled.customers, 0) as double) / nullif(cast(wholes.customers as double), 0) as customer_share,
        cast(coalesce(filled.net_sales, 0) as decimal(18, 2)) as net_sales,
        cast(coalesce(filled.net_sales, 0) as double) / nullif(cast(wholes.net_sales as double), 0) as sales_share,
        cast(coalesce(filled.repeaters, 0) as bigint) as repeaters,
        case when grid.is_mature then cast(filled.repeaters as double) / cast(filled.customers as double) end
            as repeat_rate,
        grid.is_mature
    from grid
    left join filled
        on
            grid.as_of = filled.as_of
            and grid.window_days = filled.window_days
            and grid.recency_band = filled.recency_band
            and grid.frequency_band = filled.frequency_band
    left join wholes
        on grid.as_of = wholes.as_of and grid.window_days = wholes.window_days
)

select * from matrix
