with

source as (
    select * from {{ ref('base_ec_orders') }}
    where row_outcome = 'staged'
),

renamed as (
    select
        -- ids
        source.order_id,
        source.member_id,
        source.campaign_id,

        -- attributes
        source.email,
        source.phone,
        source.status,
        source.total_amount,
        source.discount_amount,
        source.coupon_code,
        source.is_gift,
        source.is_subscription,

        -- times
        source.ordered_at,
        source.delivered_at,
        source.updated_at,

        -- place in landing
        source._file_id,
        source._line_no,
        source._file_no,
        source._landing_no
    from source
)

select * from renamed
