{{ config(
    schema='pii', materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ forget_touched_records() }}", post_hook="{{ drop_owned_to_read() }}"
) }}

{%- set addresses = ['email', 'phone', 'line_user_id'] %}

with

members as (
    select
        staged.*,
        {{ key_of('member_id', 'staged.member_id') }} as identifier_key,
        staged.member_id as record_id,
        coalesce(staged.status, 'active') as record_status
    from {{ ref('stg_members') }} as staged
    where {{ of_touched_values('member_id', 'staged.member_id') }}
),

store_cards as (
    select
        staged.*,
        {{ key_of('card_no', 'staged.card_no') }} as identifier_key,
        staged.card_no as record_id,
        'active' as record_status
    from {{ ref('stg_store_cards') }} as staged
    where {{ of_touched_values('card_no', 'staged.card_no') }}
),

guest_orders as (
    select
        email_key,
        phone_key,
        ordered_at
    from {{ ref('int_core__orders') }}
    where source = 'ec_orders'
        and member_key is null
),

guest_keys as (
    select
        email_key as identifier_key,
        ordered_at
    from guest_orders
    where email_key is not null and {{ of_touched_records('email_key') }}
    union all
    select
        phone_key as identifier_key,
        ordered_at
    from guest_orders
    where phone_key is not null and {{ of_touched_records('phone_key') }}
),

guests as (
    select
        identifier_key,
        max(ordered_at) as updated_at
    from guest_keys
    group by identifier_key
),

-- A guest's address is a record of its own: it belongs to whom identity gives it, and to nobody where it is contested.
ec_orders as (
    select
        guests.identifier_key,
        identifier_values.value as record_id,
        'active' as record_status,
        guests.updated_at,
        case when identifier_values.identifier_kind = 'email' then identifier_values.value end as email,
        case when identifier_values.identifier_kind = 'phone' then identifier_values.value end as phone
    from guests
    inner join {{ ref('identifier_values') }} as identifier_values on guests.identifier_key = identifier_values.identifier_key
),

all_records as (
    {% for source, columns in attribute_sources().items() -%}
    select
        '{{ source }}' as source,
        identifier_key,
        record_id,
        record_status,
        updated_at,
        {%- for _, column in attribute_columns() %}
        {%- set missing = 'cast(null as date)' if column == 'birth_date' else 'cast(null as varchar)' %}
        {{ column if column in columns else missing }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source }}
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
),

-- Only what belongs to a person is anybody's record.
owned as (
    select
        owners.anchor_key,
        all_records.*
    from all_records
    inner join {{ owned_identifiers() }} as owners on all_records.identifier_key = owners.identifier_key
    where owners.anchor_key is not null
),

shared as (
    select anchor_key
    from owned
    group by anchor_key
    having count(*) > 1
),

-- Most persons have one record; only the others' are put in order.
numbered as (
    select
        owned.identifier_key,
        cast(rank() over (
            partition by owned.anchor_key
            order by owned.updated_at desc nulls last
        ) as bigint) as recency_rank,
        cast(row_number() over (
            partition by owned.anchor_key
            order by
                owned.updated_at desc nulls last,
                owned.record_id asc nulls last,
                owned.identifier_key asc nulls last
        ) as bigint) as record_no
    from owned
    inner join shared on owned.anchor_key = shared.anchor_key
),

-- Blocklisted addresses are few: patterns are asked of theirs alone, not of all values before they are joined.
never_sent_to as (
    select
        identifier_values.identifier_key,
        identifier_values.identifier_kind,
        identifier_values.value
    from {{ ref('identifiers') }} as identifiers
    inner join {{ ref('identifier_values') }} as identifier_values
        on identifiers.identifier_key = identifier_values.identifier_key
    where identifiers.is_blocklisted
        and {{ is_never_sent_to(
            'identifier_values.identifier_kind', 'case when identifiers.is_blocklisted then identifier_values.value end'
        ) }}
),

-- By what they are linked by, since one address may be written in several ways.
{%- for column in addresses %}
without_{{ column }} as (
    select owned.identifier_key
    from owned
    inner join never_sent_to
        on never_sent_to.identifier_kind = '{{ column }}'
        and {{ linked_value(column, 'owned.' ~ column) }} = {{ linked_value(column, 'never_sent_to.value') }}
    where owned.source in ('members', 'store_cards')
),

{% endfor -%}
-- A blocklisted address (test@, the store's own number) is nobody's, so nothing is ever sent to it; but a role's mailbox (info@) is
-- written to where its owner's own record gives it.
attribute_records as (
    select
        owned.anchor_key,
        owned.identifier_key,
        owned.source,
        owned.record_status,
        owned.updated_at,
        numbered.identifier_key is null as is_only_record,
        coalesce(numbered.recency_rank, 1) as recency_rank,
        coalesce(numbered.record_no, 1) as record_no,
        {%- for _, column in attribute_columns() %}
        {%- if column in addresses %}
        case when without_{{ column }}.identifier_key is null then owned.{{ column }} end as {{ column }}{{ ',' if not loop.last }}
        {%- else %}
        owned.{{ column }}{{ ',' if not loop.last }}
        {%- endif %}
        {%- endfor %}
    from owned
    left join numbered on owned.identifier_key = numbered.identifier_key
    {%- for column in addresses %}
    left join without_{{ column }} on owned.identifier_key = without_{{ column }}.identifier_key
    {%- endfor %}
),

with_state as (
    select
        attribute_records.*,
        {{ record_state() }} as _state
    from attribute_records
)

select * from with_state
