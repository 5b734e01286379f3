{{ config(materialized='view') }}

with spells as (
    select * from {{ ref('int_marts__brand_rank_spells') }}
),

month_ends as (
    select as_of_days.as_of
    from {{ ref('int_marts__as_of_days') }} as as_of_days
    where as_of_days.months_before > 0
),

brand_rank_months as (
    select
        month_ends.as_of,
        spells.customer_id,
        spells.brand_id,
        spells.rank,
        spells.purchases,
        spells.views,
        spells.reviews,
        spells.rule_id as reason,
        {{ is_potential('spells.rank', 'spells.purchases') }} as is_potential,
        spells._batch
    from spells
    inner join month_ends on spells.from_on <= month_ends.as_of and spells.until_on > month_ends.as_of
)

select * from brand_rank_months
