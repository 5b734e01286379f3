with ranks as (
    select
        brand_ranks.brand_id,
        brand_ranks.rank,
        count(*) as customers
    from {{ ref('brand_ranks') }} as brand_ranks
    group by brand_ranks.brand_id, brand_ranks.rank
),

interests as (
    select
        interests.brand_id,
        interests.rank,
        interests.interest_kind,
        interests.interest_id,
        interests.share_of_all,
        sum(interests.customers) as customers
    from {{ ref('int_marts__brand_rank_interests') }} as interests
    where interests.interest_kind in ('content', 'brand')
    group by interests.brand_id, interests.rank, interests.interest_kind, interests.interest_id, interests.share_of_all
),

shares as (
    select
        interests.*,
        cast(interests.customers as double) / cast(ranks.customers as double) as share
    from interests
    inner join ranks on interests.brand_id = ranks.brand_id and interests.rank = ranks.rank
    where interests.customers >= {{ setting('interest_min_customers', 'integer') }}
),

brand_rank_interests as (
    select
        shares.brand_id,
        shares.rank,
        shares.interest_kind,
        shares.interest_id,
        cast(shares.customers as bigint) as customers,
        shares.share,
        shares.share / shares.share_of_all as lift
    from shares
)

select * from brand_rank_interests
