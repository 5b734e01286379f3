{# Pre-hook of `int_insights__person_ids`: finds the persons of whom a member id or card is another than when they were listed, who are new or gone, and
   forgets them. They stand in a temporary table while the model is built, so that the values of no others are read. #}
{% macro forget_changed_ids() -%}
    {%- if is_incremental() %}
    create or replace temp table ids_to_make as
    select coalesce(fresh.anchor_key, held.anchor_key) as anchor_key
    from (
        select
            identity_map.anchor_key,
            count(*) as keys,
            bit_xor(identity_map.identifier_key) as all_keys
        from {{ ref('identity_map') }} as identity_map
        where identity_map.identifier_kind in ('member_id', 'card_no')
            and identity_map.anchor_key is not null
        group by identity_map.anchor_key
    ) as fresh
    full join {{ this }} as held on fresh.anchor_key = held.anchor_key
    where fresh.keys is distinct from held.keys or fresh.all_keys is distinct from held.all_keys;
    delete from {{ this }} where anchor_key in (select to_make.anchor_key from ids_to_make as to_make)
    {%- endif %}
{%- endmacro %}

{# Its post-hook. #}
{% macro drop_ids_to_make() -%}
    {%- if is_incremental() %}
    drop table ids_to_make
    {%- endif %}
{%- endmacro %}
