with brand_rank_interests as (
    {{ rank_counts_beside_all(['content', 'product', 'brand', 'views_brand', 'buys_brand'], 'interest_kind', 'interest_id') }}
)

select * from brand_rank_interests
