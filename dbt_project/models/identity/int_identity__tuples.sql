{{ config(
    schema='pii', materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook=["{{ forget_withdrawn_files(keys_of_tuples) }}", "{{ mark_corrected_rows(identifier_kinds()) }}"],
    post_hook="{{ touch_changed_rows(keys_of_tuples) }}"
) }}

with

{% for entry in identity_sources() %}
{{ entry.source }} as (
    {{ identity_tuples(entry) }}
),
{% endfor %}

tuples as (
    {%- for entry in identity_sources() %}
    select * from {{ entry.source }}
    {{- ' union all' if not loop.last }}
    {%- endfor %}
)

select * from tuples
