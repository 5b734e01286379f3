with tables as (
    select * from {{ ref('int_marts__rf_tables') }}
),

matrix as (
    select
        tables.as_of,
        tables.window_days,
        tables.recency_band,
        tables.frequency_band,
        tables.segment,
        tables.customers,
        tables.customer_share,
        tables.net_sales,
        tables.sales_share,
        tables.repeaters,
        tables.repeat_rate,
        tables.is_mature
    from tables
    where tables.channel = 'total'
)

select * from matrix
