with

month_before as (
    select as_of_days.as_of
    from {{ ref('int_marts__as_of_days') }} as as_of_days
    where as_of_days.months_before = 1
),

ranks_now as (
    select * from {{ ref('int_marts__brand_ranks') }}
),

ranks_before as (
    select spells.*
    from {{ ref('int_marts__brand_rank_spells') }} as spells
    inner join month_before on spells.from_on <= month_before.as_of and spells.until_on > month_before.as_of
),

pyramid as (
    {{ pyramid('ranks_now', 'ranks_before', 'brand_id') }}
)

select * from pyramid
