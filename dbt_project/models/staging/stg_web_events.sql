with

source as (
    select * from {{ ref('base_web_events') }}
    where row_outcome = 'staged'
),

renamed as (
    select
        -- ids
        source.event_id,
        source.visitor_id,
        source.member_id,
        coalesce(product_code_map.product_id, source.product_id) as product_id,
        source.content_id,
        source.order_id,

        -- attributes
        source.email,
        source.event_name,
        source.url,
        source.referrer,
        source.utm_source,
        source.utm_medium,
        source.utm_campaign,
        source.quantity,
        source.value,
        source.device,

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
