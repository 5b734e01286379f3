{{ config(materialized='view') }}

with rf_customers as (
    select
        customers.customer_id,
        customers.recency_months,
        customers.recency_band,
        customers.frequency,
        customers.frequency_band,
        customers.segment,
        customers.lifecycle,
        customers.net_sales
    from {{ ref('int_marts__rf_customers') }} as customers
)

select * from rf_customers
