{# Pre-hook of `int_insights__person_ids`: forgets persons of whom a member id or card is another than when they were listed, or who are gone. #}
{% macro forget_changed_ids() -%}
    {%- if is_incremental() %}
    delete from {{ this }} as held
    where not exists (
        select 1
        from (
            select
                identity_map.anchor_key,
                count(*) as keys,
                bit_xor(identity_map.identifier_key) as all_keys
            from {{ ref('identity_map') }} as identity_map
            where identity_map.identifier_kind in ('member_id', 'card_no')
                and identity_map.customer_id is not null
            group by identity_map.anchor_key
        ) as now
        where now.anchor_key = held.anchor_key and now.keys = held.keys and now.all_keys = held.all_keys
    )
    {%- endif %}
{%- endmacro %}
