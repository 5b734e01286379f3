{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_changed_consents() }}", post_hook="{{ drop_consents_to_make() }}"
) }}

with

consents as (
    select
        customer_id,
        anchor_key,
        {% for channel in consent_channels() -%}
        consent_{{ channel }},
        {% endfor -%}
        '{{ invocation_id }}' as _batch
    from {{ consents_to_make() }}
    where customer_id is not null
)

select * from consents
