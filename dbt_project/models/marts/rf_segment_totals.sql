with cells as (
    select * from {{ ref('rf_matrix') }}
    where segment is not null
),

segments as (
    select * from {{ ref('rf_segments') }}
),

sums as (
    select
        cells.as_of,
        cells.window_days,
        cells.segment,
        cells.is_mature,
        sum(cells.customers) as customers,
        sum(cells.net_sales) as net_sales,
        sum(cells.repeaters) as repeaters
    from cells
    group by cells.as_of, cells.window_days, cells.segment, cells.is_mature
),

totals as (
    select
        sums.as_of,
        sums.window_days,
        sums.segment,
        segments.lifecycle,
        segments.label_ja,
        segments.label_en,
        cast(sums.customers as bigint) as customers,
        cast(sums.customers as double)
        / nullif(cast(sum(sums.customers) over (partition by sums.as_of, sums.window_days) as double), 0) as customer_share,
        cast(sums.net_sales as decimal(18, 2)) as net_sales,
        cast(sums.net_sales as double)
        / nullif(cast(sum(sums.net_sales) over (partition by sums.as_of, sums.window_days) as double), 0) as sales_share,
        cast(sums.repeaters as bigint) as repeaters,
        case when sums.is_mature then cast(sums.repeaters as double) / nullif(cast(sums.customers as double), 0) end
            as repeat_rate,
        sums.is_mature
    from sums
    inner join segments on sums.segment = segments.segment
)

select * from totals
