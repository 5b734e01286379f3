{{ config(
    schema='pii', materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ forget_rebuilt_sources() }}"
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
