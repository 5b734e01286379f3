{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='sync_all_columns',
    pre_hook="{{ forget_changed_files('stg_web_events') }}", post_hook="{{ note_files_of('stg_web_events') }}"
) }}

with

files as (
    {{ files_of('stg_web_events') }}
),

-- A visitor's events repeat the same few identifiers: hashing each combination once is much cheaper than each event.
identifier_sets as (
    select distinct
        staged.visitor_id,
        coalesce(staged.member_id, '') as member_value,
        coalesce(staged.email, '') as email_value
    from {{ rows_to_load('stg_web_events', 'event_id') }} as staged
),

parties as (
    select
        visitor_id,
        member_value,
        email_value,
        {{ key_of('member_id', "nullif(member_value, '')") }} as member_key,
        {{ key_of('email', "nullif(email_value, '')") }} as email_key,
        {{ key_of('visitor_id', 'visitor_id') }} as visitor_key
    from identifier_sets
),

facts as (
    select
        events.event_id as source_key,
        {{ party_key(['parties.member_key', 'parties.email_key', 'parties.visitor_key']) }} as party_key,
        parties.member_key,
        parties.email_key,
        parties.visitor_key,
        events.occurred_at,
        -- The event 'purchase' only tells which visitor placed an order: the order itself gives the touchpoints `purchase`.
        case when events.event_name = 'purchase' then 'web_purchase' else events.event_name end as action,
        events.product_id,
        events.content_id,
        events.utm_campaign as campaign_id,
        'ec:' || events.order_id as order_id,
        cast(
            coalesce(events.quantity, case when events.event_name in ('add_to_cart', 'remove_from_cart') then 1 else 0 end)
            as bigint
        ) as quantity,
        cast(coalesce(events.value, 0) as decimal(18, 2)) as amount,
        coalesce(
            nullif(events.utm_source, ''),
            nullif(nullif({{ url_host('events.referrer') }}, coalesce({{ url_host('events.url') }}, '')), ''),
            'direct'
        ) as visit_source,
        events._file_id,
        events._state
    from {{ rows_to_load('stg_web_events', 'event_id') }} as events
    inner join parties
        on events.visitor_id = parties.visitor_id
        and coalesce(events.member_id, '') = parties.member_value
        and coalesce(events.email, '') = parties.email_value
)

select * from facts
