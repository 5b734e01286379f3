{%- set columns = ['last_name', 'first_name', 'last_name_kana', 'first_name_kana'] -%}
{{ config(schema='pii', materialized='table') }}

with

member_records as (
    select
        'members' as source,
        {{ key_of('member_id', 'members.member_id') }} as identifier_key,
        {{ key_of('member_id', 'members.member_id') }} as member_key,
        {{ key_of('email', 'members.email') }} as email_key,
        {{ key_of('phone', 'members.phone') }} as phone_key,
        members.email,
        members.phone,
        members.last_name,
        members.first_name,
        members.last_name_kana,
        members.first_name_kana,
        members.birth_date,
        members.gender,
        members.postal_code,
        members.prefecture,
        members.address,
        members.registered_at,
        members.updated_at
    from {{ ref('stg_members') }} as members
),

card_records as (
    select
        'store_cards' as source,
        {{ key_of('card_no', 'cards.card_no') }} as identifier_key,
        {{ key_of('member_id', 'cards.member_id') }} as member_key,
        {{ key_of('email', 'cards.email') }} as email_key,
        {{ key_of('phone', 'cards.phone') }} as phone_key,
        cards.email,
        cards.phone,
        cards.last_name,
        cards.first_name,
        cards.last_name_kana,
        cards.first_name_kana,
        cards.birth_date,
        cards.gender,
        cards.postal_code,
        cards.prefecture,
        cards.address,
        cards.registered_at,
        cards.updated_at
    from {{ ref('stg_store_cards') }} as cards
),

staged_records as (
    select * from member_records
    union all
    select * from card_records
),

matching_keys as (
    select * from {{ source('matching', 'matching_keys') }}
),

-- A name in kana or romaji tells its reading where no other is given.
records as (
    select
        staged_records.source,
        staged_records.identifier_key,
        staged_records.member_key,
        staged_records.email_key,
        staged_records.phone_key,
        staged_records.email,
        staged_records.phone,
        k_last_name.key as last_name_key,
        k_first_name.key as first_name_key,
        coalesce(k_last_name_kana.key, k_last_name.reading) as last_name_kana_key,
        coalesce(k_first_name_kana.key, k_first_name.reading) as first_name_kana_key,
        staged_records.birth_date,
        staged_records.gender,
        staged_records.postal_code,
        staged_records.prefecture,
        k_address.key as address_key,
        staged_records.registered_at,
        staged_records.updated_at
    from staged_records
    {%- for column in columns %}
    left join matching_keys as k_{{ column }}
        on k_{{ column }}.kind = '{{ 'kana' if column.endswith('_kana') else 'name' }}'
        and k_{{ column }}.value = staged_records.{{ column }}
    {%- endfor %}
    left join matching_keys as k_address
        on k_address.kind = 'address' and k_address.value = staged_records.address
)

select * from records
