{# Pre-hook of `int_insights__person_consents`: finds the persons whose consents are other ones by now, who are new or gone, and forgets them. They stand in a
   temporary table while the model is built. #}
{% macro forget_changed_consents() -%}
    {%- if is_incremental() %}
    create or replace temp table consents_to_make as
    select
        held.anchor_key as held_key,
        fresh.*
    from {{ ref('int_insights__consents_now') }} as fresh
    full join {{ this }} as held on fresh.anchor_key = held.anchor_key
    where {% for channel in consent_channels() -%}
    fresh.consent_{{ channel }} is distinct from held.consent_{{ channel }} {{ 'or ' if not loop.last }}
    {%- endfor %};
    delete from {{ this }} where anchor_key in (select to_make.held_key from consents_to_make as to_make)
    {%- endif %}
{%- endmacro %}

{# Whose rows the model makes; of those who are gone nothing is told. #}
{% macro consents_to_make() -%}
    {{ return('consents_to_make' if is_incremental() else ref('int_insights__consents_now')) }}
{%- endmacro %}

{# Its post-hook. #}
{% macro drop_consents_to_make() -%}
    {%- if is_incremental() %}
    drop table consents_to_make
    {%- endif %}
{%- endmacro %}
