with spells as (
    select * from {{ ref('int_marts__brand_spell_counts') }}
),

month_ends as (
    select as_of_days.as_of
    from {{ ref('int_marts__as_of_days') }} as as_of_days
    where as_of_days.months_before > 0
),

-- the month ends of each spell, and with it the one at which it is over
counted as (
    select
        month_ends.as_of,
        spells.brand_id,
        spells.rank,
        sum(case when spells.until_on > month_ends.as_of then spells.spells else 0 end) as customers,
        sum(
            case
                when spells.from_on = month_ends.as_of and spells.rank_position < spells.rank_position_before then spells.spells
                else 0
            end
        ) as moved_up,
        sum(
            case
                when spells.from_on = month_ends.as_of and spells.rank_position > spells.rank_position_before then spells.spells
                else 0
            end
        ) as moved_down,
        sum(case when spells.from_on = month_ends.as_of and spells.rank_position_before is null then spells.spells else 0 end)
            as entered,
        sum(case when spells.until_on = month_ends.as_of and not spells.is_followed then spells.spells else 0 end) as dropped_out
    from spells
    inner join month_ends on spells.from_on <= month_ends.as_of and spells.until_on >= month_ends.as_of
    group by month_ends.as_of, spells.brand_id, spells.rank
),

pyramids as (
    select distinct
        counted.as_of,
        counted.brand_id
    from counted
),

steps as (
    select distinct rules.rank
    from {{ ref('rank_rules') }} as rules
),

brand_pyramid_history as (
    select
        pyramids.as_of,
        pyramids.brand_id,
        steps.rank,
        cast(coalesce(counted.customers, 0) as bigint) as customers,
        cast(coalesce(counted.customers, 0) as double)
        / nullif(cast(sum(counted.customers) over (partition by pyramids.as_of, pyramids.brand_id) as double), 0) as share,
        cast(coalesce(counted.moved_up, 0) as bigint) as moved_up,
        cast(coalesce(counted.moved_down, 0) as bigint) as moved_down,
        cast(coalesce(counted.entered, 0) as bigint) as entered,
        cast(coalesce(counted.dropped_out, 0) as bigint) as dropped_out
    from pyramids
    cross join steps
    left join counted
        on
            pyramids.as_of = counted.as_of
            and pyramids.brand_id = counted.brand_id
            and steps.rank = counted.rank
)

select * from brand_pyramid_history
