with ranks as (
    select * from {{ ref('int_marts__brand_group_ranks') }}
),

ranks_now as (
    select * from ranks where months_before = 0
),

ranks_before as (
    select * from ranks where months_before = 1
),

pyramid as (
    {{ pyramid('ranks_now', 'ranks_before', 'group_id') }}
),

brand_group_pyramid as (
    select
        pyramid.group_id,
        labels.label,
        pyramid.rank,
        pyramid.customers,
        pyramid.share,
        pyramid.moved_up,
        pyramid.moved_down,
        pyramid.entered,
        pyramid.dropped_out
    from pyramid
    inner join (select distinct groups.group_id, groups.label from {{ ref('brand_groups') }} as groups) as labels
        on pyramid.group_id = labels.group_id
)

select * from brand_group_pyramid
