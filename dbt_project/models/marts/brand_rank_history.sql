{{ config(materialized='view') }}

with brand_rank_history as (
    select
        months.as_of,
        months.customer_id,
        months.brand_id,
        months.rank,
        months.purchases,
        months.views,
        months.reviews,
        months.reason,
        months.is_potential
    from {{ ref('int_marts__brand_rank_months') }} as months
)

select * from brand_rank_history
