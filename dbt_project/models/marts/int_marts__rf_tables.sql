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

-- every band, and every channel, stands under its own heading and under `total`
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

channel_headings as (
    {% for channel in ['ec', 'store', 'both'] -%}
    select '{{ channel }}' as channel, '{{ channel }}' as heading
    union all
    select '{{ channel }}' as channel, 'total' as heading
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
),

filled as (
    select
        cells.as_of,
        cells.window_days,
        channel_headings.heading as channel,
        recency_headings.heading as recency_band,
        frequency_headings.heading as frequency_band,
        sum(cells.customers) as customers,
        sum(cells.net_sales) as net_sales,
        sum(cells.repeaters) as repeaters
    from {{ ref('int_marts__rf_cells') }} as cells
    inner join channel_headings on cells.channel = channel_headings.channel
    inner join recency_headings on cells.recency_band = recency_headings.band
    inner join frequency_headings on cells.frequency_band = frequency_headings.band
    group by
        cells.as_of, cells.window_days, channel_headings.heading, recency_headings.heading, frequency_headings.heading
),

grid as (
    select
        as_of_days.as_of,
        windows.window_days,
        channels.heading as channel,
        recency.heading as recency_band,
        frequency.heading as frequency_band,
        segments.segment,
        {{ add_days('as_of_days.as_of', 'windows.window_days') }} <= {{ as_of() }} as is_mature
    from as_of_days
    cross join windows
    cross join (select distinct heading from channel_headings) as channels
    cross join (select distinct heading, min_months from recency_headings) as recency
    cross join (select distinct heading, min_orders from frequency_headings) as frequency
    left join segments
        on {{ is_of_segment('segments', 'recency.min_months', 'frequency.min_orders') }}
),

wholes as (
    select filled.* from filled
    where filled.recency_band = 'total' and filled.frequency_band = 'total'
),

tables as (
    select
        grid.as_of,
        grid.window_days,
        grid.channel,
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
            and grid.channel = filled.channel
            and grid.recency_band = filled.recency_band
            and grid.frequency_band = filled.frequency_band
    left join wholes
        on
            grid.as_of = wholes.as_of
            and grid.window_days = wholes.window_days
            and grid.channel = wholes.channel
)

select * from tables
