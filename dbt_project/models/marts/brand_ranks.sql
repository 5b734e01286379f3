with ranks as (
    select * from {{ ref('int_marts__brand_ranks') }}
),

brand_ranks as (
    select
        ranks.customer_id,
        ranks.brand_id,
        ranks.rank,
        ranks.purchases,
        ranks.views,
        ranks.reviews,
        ranks.rule_id as reason,
        {{ is_potential('ranks') }} as is_potential
    from ranks
)

select * from brand_ranks
