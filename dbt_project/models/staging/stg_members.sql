with

source as (
    select * from {{ ref('base_members') }}
    where row_outcome = 'staged'
),

renamed as (
    select
        -- ids
        source.member_id,
        source.line_user_id,

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
        source.member_rank,
        source.status,
        source.email_opt_in,
        source.line_opt_in,
        source.sms_opt_in,
        source.push_opt_in,
        source.dm_opt_in,
        source.acquisition_channel,

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
