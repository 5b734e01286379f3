{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_rows_staged_otherwise('stg_store_visits') }}"
) }}

with

visits as (
    select
        staged.*,
        {{ staged_row('stg_store_visits') }} as _row,
        {{ key_of('member_id', 'staged.member_id') }} as member_key,
        {{ key_of('card_no', 'staged.card_no') }} as card_key
    from {{ ref('stg_store_visits') }} as staged
    where {{ is_staged_otherwise('stg_store_visits') }}
),

facts as (
    select
        visits.visit_id as source_key,
        {{ party_key(['visits.member_key', 'visits.card_key']) }} as party_key,
        visits.member_key,
        visits.card_key,
        visits.visited_at as occurred_at,
        case when visits.kind = 'reservation' then 'reservation' else 'visit' end as action,
        visits.kind,
        visits.store_id,
        visits.reserved_for,
        visits._row
    from visits
),

with_state as (
    select
        facts.*,
        {{ content_state(['source_key', 'party_key', 'occurred_at', 'action', 'store_id']) }} as _state
    from facts
)

select * from with_state
