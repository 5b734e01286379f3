with

source as (
    select * from {{ ref('base_products') }}
    where row_outcome = 'staged'
),

renamed as (
    select
        -- ids
        source.product_id,
        source.brand_id,

        -- attributes
        source.name,
        source.category,
        source.series,
        source.line,
        source.price,
        source.is_trial,
        source.replenishment_days,

        -- times
        source.launched_on,
        source.withdrawn_on,

        -- place in landing
        source._file_id,
        source._line_no,
        source._file_no,
        source._landing_no
    from source
)

select * from renamed
