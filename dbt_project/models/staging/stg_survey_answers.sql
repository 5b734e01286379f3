with

source as (
    select * from {{ ref('base_survey_answers') }}
    where row_outcome = 'staged'
),

renamed as (
    select
        -- ids
        source.answer_id,
        source.member_id,
        source.visitor_id,

        -- attributes
        source.question,
        source.answer,

        -- times
        source.answered_at,

        -- place in landing
        source._file_id,
        source._line_no,
        source._file_no,
        source._landing_no
    from source
)

select * from renamed
