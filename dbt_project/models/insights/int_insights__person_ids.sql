with

ids_by_kind as (
    select
        identity_map.customer_id,
        identity_map.identifier_kind,
        {{ sorted_list('identifier_values.value') }} as ids
    from {{ ref('identity_map') }} as identity_map
    inner join {{ ref('identifier_values') }} as identifier_values
        on identity_map.identifier_key = identifier_values.identifier_key
    where identity_map.identifier_kind in ('member_id', 'card_no')
        and identity_map.customer_id is not null
    group by identity_map.customer_id, identity_map.identifier_kind
),

person_ids as (
    select
        customer_id,
        max(case when identifier_kind = 'member_id' then ids end) as member_ids,
        max(case when identifier_kind = 'card_no' then ids end) as card_nos
    from ids_by_kind
    group by customer_id
)

select * from person_ids
