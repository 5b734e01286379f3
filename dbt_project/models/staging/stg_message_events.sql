with

source as (
    select * from {{ ref('base_message_events') }}
    where row_outcome = 'staged'
),

renamed as (
    select
        -- ids
        source.message_event_id,
        source.message_id,
        source.scenario_id,
        source.feed_row_id,
        source.member_id,

        -- attributes
        source.step,
        source.channel,
        source.address,
        source.event,

        -- times
        source.occurred_at,

        -- place in landing
        source._file_id,
        source._line_no,
        source._file_no,
        source._landing_no
    from source
)

select * from renamed
