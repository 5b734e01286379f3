with

source as (
    select * from {{ ref('base_store_visits') }}
    where row_outcome = 'staged'
),

renamed as (
    select
        -- ids
        source.visit_id,
        source.store_id,
        source.card_no,
        source.member_id,

        -- attributes
        source.kind,

        -- times
        source.visited_at,
        source.reserved_for,

        -- place in landing
        source._file_id,
        source._line_no,
        source._file_no,
        source._landing_no
    from source
)

select * from renamed
