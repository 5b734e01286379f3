with

source as (
    select * from {{ ref('base_external_attributes') }}
    where row_outcome = 'staged'
),

renamed as (
    select
        -- ids
        source.identifier_kind,
        source.identifier,
        source.name,

        -- attributes
        source.value,

        -- times
        source.updated_at,

        -- place in landing
        source._file_id,
        source._line_no,
        source._file_no,
        source._landing_no
    from source
)

select * from renamed
