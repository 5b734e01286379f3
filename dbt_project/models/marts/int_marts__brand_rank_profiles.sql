with brand_rank_profiles as (
    {{ rank_counts_beside_all(profile_attributes().split(), 'attribute', 'value') }}
)

select * from brand_rank_profiles
