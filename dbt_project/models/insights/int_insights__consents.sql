{{ config(materialized='view') }}

with

consents as (
    {% for channel in consent_channels() -%}
    select
        customer_id,
        '{{ channel }}' as channel,
        consent_{{ channel }} as is_consented
    from {{ ref('int_insights__person_consents') }}
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
)

select * from consents
