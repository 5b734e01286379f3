{# What each member and store card says of himself, in the form in which two records are compared; of those in the subquery `keys` alone, where it is
   given. #}
{% macro identity_records(keys=none) -%}
    {%- set columns = ['last_name', 'first_name', 'last_name_kana', 'first_name_kana'] %}
with

staged_records as (
    {%- for source_name, kind in [('members', 'member_id'), ('store_cards', 'card_no')] %}
    select
        '{{ source_name }}' as source,
        {{ key_of(kind, 'staged.' ~ kind) }} as identifier_key,
        {{ key_of('member_id', 'staged.member_id') }} as member_key,
        {{ key_of('email', 'staged.email') }} as email_key,
        {{ key_of('phone', 'staged.phone') }} as phone_key,
        staged.email,
        staged.phone,
        {%- for column in columns %}
        staged.{{ column }},
        {%- endfor %}
        staged.birth_date,
        staged.gender,
        staged.postal_code,
        staged.prefecture,
        staged.address,
        staged.registered_at,
        staged.updated_at
    from {{ ref('stg_' ~ source_name) }} as staged
    {%- if keys %}
    -- Before it is hashed, by its value, of which a key has one.
    where staged.{{ kind }} in (
        select identifier_values.value
        from {{ keys }} as asked
        inner join {{ ref('identifier_values') }} as identifier_values on asked.identifier_key = identifier_values.identifier_key
        where identifier_values.identifier_kind = '{{ kind }}'
    )
    {%- endif %}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
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
{%- endmacro %}
