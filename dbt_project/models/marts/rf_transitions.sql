with as_of_days as (
    select * from {{ ref('int_marts__as_of_days') }}
),

segments as (
    select * from {{ ref('rf_segments') }}
),

-- customers with one history are counted together before the history is spread over its month ends
histories as (
    select
        states.from_months_before,
        states.until_months_before,
        states.recent_on,
        states.frequency,
        states.recent_on_before,
        states.frequency_before,
        count(*) as customers
    from {{ ref('int_marts__rf_states') }} as states
    group by
        states.from_months_before, states.until_months_before, states.recent_on, states.frequency, states.recent_on_before,
        states.frequency_before
),

-- a customer comes into a state from the state before, and stays in it from then on
moves as (
    select
        histories.from_months_before as months_before,
        histories.recent_on_before,
        histories.frequency_before,
        histories.recent_on,
        histories.frequency,
        histories.customers
    from histories
    union all
    select
        as_of_days.months_before,
        histories.recent_on as recent_on_before,
        histories.frequency as frequency_before,
        histories.recent_on,
        histories.frequency,
        histories.customers
    from histories
    inner join as_of_days
        on
            as_of_days.months_before >= histories.until_months_before
            and as_of_days.months_before < histories.from_months_before
),

-- the first of the table's days has no day before it, and is where no move ends
cells as (
    select
        days_before.as_of as from_as_of,
        as_of_days.as_of as to_as_of,
        {{ completed_months('moves.recent_on_before', 'days_before.as_of') }} as months_from,
        moves.frequency_before,
        {{ completed_months('moves.recent_on', 'as_of_days.as_of') }} as months_to,
        moves.frequency,
        sum(moves.customers) as customers
    from moves
    inner join as_of_days on moves.months_before = as_of_days.months_before
    inner join as_of_days as days_before on moves.months_before + 1 = days_before.months_before
    group by
        days_before.as_of, as_of_days.as_of, {{ completed_months('moves.recent_on_before', 'days_before.as_of') }},
        moves.frequency_before, {{ completed_months('moves.recent_on', 'as_of_days.as_of') }}, moves.frequency
),

named as (
    select
        cells.from_as_of,
        cells.to_as_of,
        coalesce(segments_from.segment, 'none') as from_segment,
        segments_to.segment as to_segment,
        sum(cells.customers) as customers
    from cells
    left join segments as segments_from
        on {{ is_of_segment('segments_from', 'cells.months_from', 'cells.frequency_before') }}
    inner join segments as segments_to
        on {{ is_of_segment('segments_to', 'cells.months_to', 'cells.frequency') }}
    group by cells.from_as_of, cells.to_as_of, coalesce(segments_from.segment, 'none'), segments_to.segment
),

transitions as (
    select
        named.from_as_of,
        named.to_as_of,
        named.from_segment,
        named.to_segment,
        cast(named.customers as bigint) as customers,
        cast(named.customers as double)
        / cast(sum(named.customers) over (partition by named.to_as_of, named.from_segment) as double) as share
    from named
)

select * from transitions
