{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_changed_ranks(ref('int_marts__brand_days'), 0) }}"
) }}

{{ ranks_at(ref('int_marts__brand_days'), ['customer_id', 'brand_id'], 0) }}
