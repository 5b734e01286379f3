{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_customers_to_make('rf_customers_to_make', who_completed_a_month()) }}"
) }}

with states as (
    select
        states.*,
        {{ completed_months('states.recent_on', 'as_of_days.as_of') }} as recency_months
    from {{ ref('int_marts__rf_states') }} as states
    inner join {{ ref('int_marts__as_of_days') }} as as_of_days
        on states.until_months_before = as_of_days.months_before
    where
        as_of_days.months_before = 0
        and {{ of_customers_to_make('rf_customers_to_make', 'states.customer_id') }}
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

-- bands are looked up once per pair of values, not once per customer
cells as (
    select distinct
        states.recency_months,
        states.frequency
    from states
),

banded as (
    select
        cells.recency_months,
        cells.frequency,
        recency_bands.band as recency_band,
        frequency_bands.band as frequency_band,
        segments.segment,
        segments.lifecycle
    from cells
    left join recency_bands
        on
            cells.recency_months >= recency_bands.min_months
            and (recency_bands.max_months is null or cells.recency_months < recency_bands.max_months)
    left join frequency_bands
        on
            cells.frequency >= frequency_bands.min_orders
            and (frequency_bands.max_orders is null or cells.frequency < frequency_bands.max_orders)
    left join segments
        on {{ is_of_segment('segments', 'cells.recency_months', 'cells.frequency') }}
),

customers as (
    select
        states.customer_id,
        cast(states.recency_months as integer) as recency_months,
        banded.recency_band,
        states.frequency,
        banded.frequency_band,
        banded.segment,
        banded.lifecycle,
        states.net_sales,
        states.recent_on,
        {{ newest_change() }} as change_no,
        '{{ invocation_id }}' as _batch
    from states
    inner join banded
        on states.recency_months = banded.recency_months and states.frequency = banded.frequency
)

select * from customers
