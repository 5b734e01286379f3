with

members as (
    select
        'members' as source,
        {{ key_of('member_id', 'staged.member_id') }} as identifier_key,
        staged.registered_at as recorded_at
    from {{ ref('stg_members') }} as staged
),

store_cards as (
    select
        'store_cards' as source,
        {{ key_of('card_no', 'staged.card_no') }} as identifier_key,
        staged.registered_at as recorded_at
    from {{ ref('stg_store_cards') }} as staged
),

privacy_requests as (
    select
        'privacy_requests' as source,
        requests.identifier_key,
        requests.requested_at as recorded_at
    from {{ ref('int_core__privacy_requests') }} as requests
),

external_attributes as (
    select
        'external_attributes' as source,
        {{ identifier_key(identifier_hash_of('staged.identifier_kind', 'staged.identifier')) }} as identifier_key,
        staged.updated_at as recorded_at
    from {{ ref('stg_external_attributes') }} as staged
),

records as (
    select * from members
    union all
    select * from store_cards
    union all
    select * from privacy_requests
    union all
    select * from external_attributes
)

select * from records
