with

visits as (
    select
        staged.*,
        {{ key_of('member_id', 'staged.member_id') }} as member_key,
        {{ key_of('card_no', 'staged.card_no') }} as card_key
    from {{ ref('stg_store_visits') }} as staged
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
        visits.reserved_for
    from visits
)

select * from facts
