with

source as (
    select * from {{ ref('base_store_cards') }}
    where row_outcome = 'staged'
),

renamed as (
    select
        -- ids
        source.card_no,
        source.member_id,
        source.home_store_id,

        -- attributes
        source.email,
        source.phone,
        source.last_name,
        source.first_name,
        source.last_name_kana,
        source.first_name_kana,
        source.gender,
        source.postal_code,
        source.prefecture,
        source.address,

        -- times
        source.birth_date,
        source.registered_at,
        source.updated_at,

        -- place in landing
        source._file_id,
        source._line_no,
        source._file_no,
        source._landing_no
    from source
)

select * from renamed
