with as_of_days as (
    select * from {{ ref('int_marts__as_of_days') }}
),

states as (
    select * from {{ ref('int_marts__rf_states') }}
),

windows as (
    select settings.value as window_days from {{ setting_integers('repeat_window_days') }} as settings
),

longest as (
    select max(windows.window_days) as window_days from windows
),

-- customers with one history are counted together before the history is spread over its month ends
histories as (
    select
        states.from_months_before,
        states.until_months_before,
        states.recent_on,
        states.frequency,
        states.channel,
        states.next_ordered_on,
        count(*) as customers,
        sum(states.net_sales) as net_sales
    from states
    group by
        states.from_months_before, states.until_months_before, states.recent_on, states.frequency, states.channel,
        states.next_ordered_on
),

-- bands are looked up once per pair of days and once per number of orders, not once per history
recency as (
    select
        pairs.recent_on,
        pairs.months_before,
        bands.band
    from (
        select
            recent_days.recent_on,
            as_of_days.months_before,
            {{ completed_months('recent_days.recent_on', 'as_of_days.as_of') }} as months
        from (select distinct states.recent_on from states) as recent_days
        inner join as_of_days on recent_days.recent_on <= as_of_days.as_of
    ) as pairs
    inner join {{ ref('rf_recency_bands') }} as bands
        on pairs.months >= bands.min_months and (bands.max_months is null or pairs.months < bands.max_months)
),

frequency as (
    select
        numbers.frequency,
        bands.band
    from (select distinct states.frequency from states) as numbers
    inner join {{ ref('rf_frequency_bands') }} as bands
        on numbers.frequency >= bands.min_orders and (bands.max_orders is null or numbers.frequency < bands.max_orders)
),

-- when the next order comes matters only within the longest window
days as (
    select
        as_of_days.as_of,
        histories.channel,
        recency.band as recency_band,
        frequency.band as frequency_band,
        case
            when histories.next_ordered_on <= {{ add_days('as_of_days.as_of', 'longest.window_days') }}
                then histories.next_ordered_on
        end as repeated_on,
        sum(histories.customers) as customers,
        sum(histories.net_sales) as net_sales
    from histories
    cross join longest
    inner join as_of_days
        on as_of_days.months_before between histories.until_months_before and histories.from_months_before
    inner join recency
        on histories.recent_on = recency.recent_on and as_of_days.months_before = recency.months_before
    inner join frequency on histories.frequency = frequency.frequency
    group by
        as_of_days.as_of, histories.channel, recency.band, frequency.band,
        case
            when histories.next_ordered_on <= {{ add_days('as_of_days.as_of', 'longest.window_days') }}
                then histories.next_ordered_on
        end
),

cells as (
    select
        days.as_of,
        windows.window_days,
        days.channel,
        days.recency_band,
        days.frequency_band,
        cast(sum(days.customers) as bigint) as customers,
        cast(sum(days.net_sales) as decimal(18, 2)) as net_sales,
        cast(sum(
            case
                when days.repeated_on <= {{ add_days('days.as_of', 'windows.window_days') }} then days.customers
                else 0
            end
        ) as bigint) as repeaters
    from days
    cross join windows
    group by days.as_of, windows.window_days, days.channel, days.recency_band, days.frequency_band
)

select * from cells
