with

source as (
    select * from {{ ref('base_product_codes') }}
    where row_outcome = 'staged'
),

renamed as (
    select
        -- ids
        source.surface,
        source.code,
        source.product_id,

        -- place in landing
        source._file_id,
        source._line_no,
        source._file_no,
        source._landing_no
    from source
)

select * from renamed
