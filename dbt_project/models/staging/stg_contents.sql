with

source as (
    select * from {{ ref('base_contents') }}
    where row_outcome = 'staged'
),

renamed as (
    select
        -- ids
        source.content_id,
        source.brand_id,
        coalesce(product_code_map.product_id, source.product_id) as product_id,
        source.campaign_id,

        -- attributes
        source.title,
        source.url,
        source.author,
        source.score_category,
        source.information_kind,

        -- place in landing
        source._file_id,
        source._line_no,
        source._file_no,
        source._landing_no
    from source
    left join {{ ref('product_code_map') }} as product_code_map
        on product_code_map.code = source.product_id
        and product_code_map.surface = 'media'
)

select * from renamed
