with

source as (
    select * from {{ ref('base_pos_receipts') }}
    where row_outcome = 'staged'
),

renamed as (
    select
        -- ids
        source.receipt_id,
        source.store_id,
        source.card_no,

        -- attributes
        source.total_amount,
        source.is_return,

        -- times
        source.receipted_at,

        -- place in landing
        source._file_id,
        source._line_no,
        source._file_no,
        source._landing_no
    from source
)

select * from renamed
