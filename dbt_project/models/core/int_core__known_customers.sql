{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_known_customers() }}", post_hook="{{ touch_customers_of_batch() }}"
) }}

with

known_customers as (
    select
        persons.customer_id,
        persons.first_seen_at,
        '{{ invocation_id }}' as _batch
    from {{ ref('persons') }} as persons
    where not persons.is_visitor
        {%- if is_incremental() %}
        and persons.customer_id not in (select held.customer_id from {{ this }} as held)
        {%- endif %}
)

select * from known_customers
