with potentials as (
    select
        brand_ranks.brand_id,
        count(*) as customers
    from {{ ref('brand_ranks') }} as brand_ranks
    where brand_ranks.is_potential
    group by brand_ranks.brand_id
),

aspects as (
    select
        interests.brand_id,
        case interests.interest_kind
            when 'content' then 'views_content'
            when 'product' then 'views_product'
            else interests.interest_kind
        end as aspect,
        interests.interest_id as value,
        interests.customers,
        interests.share_of_all,
        {{ setting('interest_min_customers', 'integer') }} as min_customers
    from {{ ref('int_marts__brand_rank_interests') }} as interests
    where interests.is_potential and interests.interest_kind <> 'brand'
    union all
    select
        profiles.brand_id,
        profiles.attribute as aspect,
        profiles.value,
        profiles.customers,
        profiles.share_of_all,
        1 as min_customers
    from {{ ref('int_marts__brand_rank_profiles') }} as profiles
    where profiles.is_potential
),

counts as (
    select
        aspects.brand_id,
        aspects.aspect,
        aspects.value,
        aspects.share_of_all,
        aspects.min_customers,
        sum(aspects.customers) as customers
    from aspects
    group by aspects.brand_id, aspects.aspect, aspects.value, aspects.share_of_all, aspects.min_customers
),

shares as (
    select
        counts.*,
        cast(counts.customers as double) / cast(potentials.customers as double) as share
    from counts
    inner join potentials on counts.brand_id = potentials.brand_id
    where counts.customers >= counts.min_customers
),

brand_potentials as (
    select
        shares.brand_id,
        shares.aspect,
        shares.value,
        cast(shares.customers as bigint) as customers,
        shares.share,
        shares.share / shares.share_of_all as lift
    from shares
)

select * from brand_potentials
