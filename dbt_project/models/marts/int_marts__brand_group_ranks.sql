{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_changed_ranks(ref('int_marts__brand_group_days'), 1) }}"
) }}

{{ ranks_at(ref('int_marts__brand_group_days'), ['customer_id', 'group_id'], 1) }}
