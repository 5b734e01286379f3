{#- (column, has it in members, has it in store_cards): a person's attribute is the first that is known, members before cards. -#}
{%- set attributes = [
    'last_name', 'first_name', 'last_name_kana', 'first_name_kana', 'birth_date', 'gender', 'postal_code', 'prefecture', 'address',
    'email', 'phone', 'line_user_id', 'member_id', 'member_rank', 'home_store_id',
] -%}
{{ config(schema='pii') }}

with

member_records as (
    select
        {{ key_of('member_id', 'members.member_id') }} as identifier_key,
        1 as source_order,
        members.member_id as record_id,
        members.updated_at,
        members.last_name,
        members.first_name,
        members.last_name_kana,
        members.first_name_kana,
        members.birth_date,
        members.gender,
        members.postal_code,
        members.prefecture,
        members.address,
        members.email,
        members.phone,
        members.line_user_id,
        members.member_id,
        members.member_rank,
        cast(null as varchar) as home_store_id
    from {{ ref('stg_members') }} as members
),

card_records as (
    select
        {{ key_of('card_no', 'cards.card_no') }} as identifier_key,
        2 as source_order,
        cards.card_no as record_id,
        cards.updated_at,
        cards.last_name,
        cards.first_name,
        cards.last_name_kana,
        cards.first_name_kana,
        cards.birth_date,
        cards.gender,
        cards.postal_code,
        cards.prefecture,
        cards.address,
        cards.email,
        cards.phone,
        cast(null as varchar) as line_user_id,
        cast(null as varchar) as member_id,
        cast(null as varchar) as member_rank,
        cards.home_store_id
    from {{ ref('stg_store_cards') }} as cards
),

records as (
    select * from member_records
    union all
    select * from card_records
),

blocklisted as (
    select
        identifier_key,
        identifier_kind
    from {{ ref('identifiers') }}
    where is_blocklisted
),

-- A blocklisted address (test@, the store's own number) is nobody's, so nothing is ever sent to it.
usable_records as (
    select
        identity_map.customer_id,
        records.source_order,
        records.record_id,
        records.updated_at,
        {%- for attribute in attributes %}
        {%- if attribute in ['email', 'phone'] %}
        case when blocklisted_{{ attribute }}.identifier_key is null then records.{{ attribute }} end as {{ attribute }},
        {%- else %}
        records.{{ attribute }},
        {%- endif %}
        {%- endfor %}
        row_number() over (
            partition by identity_map.customer_id
            order by
                records.source_order asc nulls last,
                records.updated_at desc nulls last,
                records.record_id asc nulls last
        ) as record_no
    from records
    inner join {{ ref('identity_map') }} as identity_map on records.identifier_key = identity_map.identifier_key
    left join blocklisted as blocklisted_email
        on blocklisted_email.identifier_kind = 'email'
        and {{ key_of('email', 'records.email') }} = blocklisted_email.identifier_key
    left join blocklisted as blocklisted_phone
        on blocklisted_phone.identifier_kind = 'phone'
        and {{ key_of('phone', 'records.phone') }} = blocklisted_phone.identifier_key
    where identity_map.customer_id is not null
),

person_attributes as (
    select
        customer_id,
        {%- for attribute in attributes %}
        min_by({{ attribute }}, case when {{ attribute }} is not null then record_no end) as {{ attribute }}{{ ',' if not loop.last }}
        {%- endfor %}
    from usable_records
    group by customer_id
)

select * from person_attributes
