with

source as (
    select * from {{ ref('base_privacy_requests') }}
    where row_outcome = 'staged'
),

renamed as (
    select
        -- ids
        source.request_id,
        source.identifier,

        -- attributes
        source.identifier_kind,
        source.kind,
        source.channel,

        -- times
        source.requested_at,

        -- place in landing
        source._file_id,
        source._line_no,
        source._file_no,
        source._landing_no
    from source
)

select * from renamed
