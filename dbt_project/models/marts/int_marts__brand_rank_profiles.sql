with profiles as (
    select * from {{ ref('int_marts__customer_profiles') }}
),

ranked as (
    select
        brand_ranks.brand_id,
        brand_ranks.rank,
        brand_ranks.is_potential,
        profiles.*
    from {{ ref('brand_ranks') }} as brand_ranks
    inner join profiles on brand_ranks.customer_id = profiles.customer_id
),

counts as (
    {{ profile_counts('ranked', ['brand_id', 'rank', 'is_potential']) }}
),

all_counts as (
    {{ profile_counts('profiles', []) }}
),

all_customers as (
    select count(*) as customers from profiles
),

brand_rank_profiles as (
    select
        counts.brand_id,
        counts.rank,
        counts.is_potential,
        counts.attribute,
        counts.value,
        counts.customers,
        cast(all_counts.customers as double) / cast(all_customers.customers as double) as share_of_all
    from counts
    inner join all_counts on counts.attribute = all_counts.attribute and counts.value = all_counts.value
    cross join all_customers
)

select * from brand_rank_profiles
