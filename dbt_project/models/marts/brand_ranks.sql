with ranks as (
    select * from {{ ref('int_marts__brand_ranks') }}
),

current_ranks as (
    select
        ranks.customer_id,
        ranks.brand_id,
        ranks.rank,
        ranks.purchases,
        ranks.views,
        ranks.reviews,
        ranks.rule_id as reason,
        ranks.rank in ('B', 'C', 'D', 'E') and ranks.purchases = 0 as is_potential
    from ranks
    where ranks.months_before = 0
)

select * from current_ranks
