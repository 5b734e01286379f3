with

source as (
    select * from {{ ref('base_social_actions') }}
    where row_outcome = 'staged'
),

renamed as (
    select
        -- ids
        source.action_id,
        source.member_id,
        source.visitor_id,
        source.line_user_id,
        source.brand_id,
        coalesce(product_code_map.product_id, source.product_id) as product_id,
        source.content_id,

        -- attributes
        source.kind,

        -- times
        source.occurred_at,

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
