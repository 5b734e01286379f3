{{ config(materialized='view') }}

with brand_ranks as (
    select
        ranks.customer_id,
        ranks.brand_id,
        ranks.rank,
        ranks.purchases,
        ranks.views,
        ranks.reviews,
        ranks.reason,
        ranks.is_potential
    from {{ ref('int_marts__brand_ranks') }} as ranks
)

select * from brand_ranks
