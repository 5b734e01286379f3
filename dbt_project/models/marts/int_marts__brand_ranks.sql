{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_brand_ranks() }}") }}

with made as (
    {{ ranks_at(ref('int_marts__brand_days'), ['customer_id', 'brand_id'], 0) }}
),

today as (
    select as_of_days.as_of
    from {{ ref('int_marts__as_of_days') }} as as_of_days
    where as_of_days.months_before = 0
),

ranks_before as (
    select
        spells.customer_id,
        spells.brand_id,
        spells.rank_position
    from {{ ref('int_marts__brand_rank_spells') }} as spells
    inner join {{ ref('int_marts__as_of_days') }} as as_of_days
        on spells.from_on <= as_of_days.as_of and spells.until_on > as_of_days.as_of
    where
        as_of_days.months_before = 1
        and {{ of_changed_ranks('spells.customer_id', 0) }}
),

ranks as (
    select
        made.*,
        ranks_before.rank_position as place_before,
        today.as_of as made_on
    from made
    cross join today
    left join ranks_before on made.customer_id = ranks_before.customer_id and made.brand_id = ranks_before.brand_id
)

select * from ranks
