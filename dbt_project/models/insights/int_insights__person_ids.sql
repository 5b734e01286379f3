{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_changed_ids() }}", post_hook="{{ drop_ids_to_make() }}"
) }}

with

ids_by_kind as (
    select
        identity_map.customer_id,
        identity_map.identifier_kind,
        identity_map.anchor_key,
        {{ sorted_list('identifier_values.value') }} as ids,
        count(*) as keys,
        bit_xor(identity_map.identifier_key) as all_keys
    from {{ ref('identity_map') }} as identity_map
    inner join {{ ref('identifier_values') }} as identifier_values
        on identity_map.identifier_key = identifier_values.identifier_key
    where identity_map.identifier_kind in ('member_id', 'card_no')
        and identity_map.customer_id is not null
        {%- if is_incremental() %}
        and identity_map.anchor_key in (select to_make.anchor_key from ids_to_make as to_make)
        {%- endif %}
    group by identity_map.customer_id, identity_map.identifier_kind, identity_map.anchor_key
),

person_ids as (
    select
        customer_id,
        max(case when identifier_kind = 'member_id' then ids end) as member_ids,
        max(case when identifier_kind = 'card_no' then ids end) as card_nos,

        -- what a later run holds the row against
        anchor_key,
        cast(sum(keys) as bigint) as keys,
        bit_xor(all_keys) as all_keys,
        '{{ invocation_id }}' as _batch
    from ids_by_kind
    group by customer_id, anchor_key
)

select * from person_ids
