{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='sync_all_columns',
    pre_hook="{{ forget_changed_files('stg_message_events') }}", post_hook="{{ note_files_of('stg_message_events') }}"
) }}

with

files as (
    {{ files_of('stg_message_events') }}
),

events as (
    select
        staged.*,
        -- What an address is, the channel says.
        case when staged.channel = 'email' then staged.address end as email,
        case when staged.channel in ('sms', 'phone') then staged.address end as phone,
        case when staged.channel = 'line' then staged.address end as line_user_id
    from {{ rows_to_load('stg_message_events', 'message_event_id') }} as staged
),

keyed as (
    select
        events.*,
        {{ key_of('member_id', 'events.member_id') }} as member_key,
        {{ key_of('line_user_id', 'events.line_user_id') }} as line_key,
        {{ key_of('email', 'events.email') }} as email_key,
        {{ key_of('phone', 'events.phone') }} as phone_key
    from events
),

facts as (
    select
        keyed.message_event_id as source_key,
        {{ party_key(['keyed.member_key', 'keyed.line_key', 'keyed.email_key', 'keyed.phone_key']) }} as party_key,
        keyed.member_key,
        keyed.line_key,
        keyed.email_key,
        keyed.phone_key,
        keyed.occurred_at,
        keyed.channel,
        'message_' || keyed.event as action,
        keyed.message_id,
        keyed.scenario_id,
        keyed.step,
        keyed.feed_row_id,
        keyed._file_id,
        keyed._state
    from keyed
)

select * from facts
