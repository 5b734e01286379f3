{{ config(materialized='view') }}

with score_ledger as (
    select
        ledger.touchpoint_id,
        ledger.rule_id,
        ledger.customer_id,
        ledger.occurred_at,
        ledger.product,
        ledger.lifestyle,
        ledger.lifestance
    from {{ ref('int_marts__score_ledger') }} as ledger
)

select * from score_ledger
