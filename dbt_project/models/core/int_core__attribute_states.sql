{{ config(
    schema='pii', materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_changed_states() }}", post_hook="{{ touch_new_states() }}"
) }}

with

states as (
    {{ attribute_states() }}
),

attribute_states as (
    select
        states.customer_id,
        states.anchor_key,
        states._state,
        '{{ invocation_id }}' as _batch
    from states
    {%- if is_incremental() %}
    where states.anchor_key not in (select held.anchor_key from {{ this }} as held)
    {%- endif %}
)

select * from attribute_states
