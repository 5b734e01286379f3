with

contents as (
    select
        staged.content_id,
        coalesce(staged.brand_id, products.brand_id) as brand_id,
        staged.product_id,
        staged.campaign_id,
        staged.information_kind,
        staged.score_category
    from {{ ref('stg_contents') }} as staged
    left join {{ ref('stg_products') }} as products on staged.product_id = products.product_id
)

select * from contents
