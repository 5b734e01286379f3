{{ config(materialized='view') }}

with ranks as (
    select * from {{ ref('int_marts__brand_group_ranks') }}
),

brand_group_ranks as (
    select
        ranks.customer_id,
        ranks.group_id,
        ranks.rank,
        ranks.purchases,
        ranks.views,
        ranks.reviews,
        ranks.reason,
        ranks.is_potential
    from ranks
    where ranks.months_before = 0
)

select * from brand_group_ranks
