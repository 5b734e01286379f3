with

source as (
    select * from {{ ref('base_stores') }}
    where row_outcome = 'staged'
),

renamed as (
    select
        -- ids
        source.store_id,
        source.brand_id,

        -- attributes
        source.name,
        source.prefecture,

        -- times
        source.opened_on,

        -- place in landing
        source._file_id,
        source._line_no,
        source._file_no,
        source._landing_no
    from source
)

select * from renamed
