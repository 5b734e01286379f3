with counts as (
    select
        profiles.brand_id,
        profiles.rank,
        profiles.attribute,
        profiles.value,
        profiles.share_of_all,
        sum(profiles.customers) as customers
    from {{ ref('int_marts__brand_rank_profiles') }} as profiles
    group by profiles.brand_id, profiles.rank, profiles.attribute, profiles.value, profiles.share_of_all
),

shares as (
    select
        counts.*,
        cast(counts.customers as double)
        / cast(sum(counts.customers) over (partition by counts.brand_id, counts.rank, counts.attribute) as double) as share
    from counts
),

brand_rank_profiles as (
    select
        shares.brand_id,
        shares.rank,
        shares.attribute,
        shares.value,
        cast(shares.customers as bigint) as customers,
        shares.share,
        shares.share / shares.share_of_all as lift
    from shares
)

select * from brand_rank_profiles
