with

source as (
    select * from {{ ref('base_campaigns') }}
    where row_outcome = 'staged'
),

renamed as (
    select
        -- ids
        source.campaign_id,
        source.store_id,
        source.brand_id,

        -- attributes
        source.name,
        source.kind,
        source.cost,

        -- times
        source.starts_on,
        source.ends_on,

        -- place in landing
        source._file_id,
        source._line_no,
        source._file_no,
        source._landing_no
    from source
)

select * from renamed
