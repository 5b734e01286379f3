with month_before as (
    select as_of_days.as_of
    from {{ ref('int_marts__as_of_days') }} as as_of_days
    where as_of_days.months_before = 1
),

steps as (
    select
        rules.rank,
        min(rules.position) as rank_position
    from {{ ref('rank_rules') }} as rules
    group by rules.rank
),

-- a rank that was made by the month end, and not again since, is still what it was then
ranks as (
    select
        ranks.brand_id,
        ranks.rank,
        ranks.rank_position,
        case when ranks.made_on <= month_before.as_of then ranks.rank_position else ranks.place_before end as place_before,
        count(*) as customers
    from {{ ref('int_marts__brand_ranks') }} as ranks
    cross join month_before
    group by
        ranks.brand_id, ranks.rank, ranks.rank_position,
        case when ranks.made_on <= month_before.as_of then ranks.rank_position else ranks.place_before end
),

ranks_now as (
    select
        ranks.brand_id,
        ranks.rank,
        sum(ranks.customers) as customers,
        sum(case when ranks.rank_position < ranks.place_before then ranks.customers else 0 end) as moved_up,
        sum(case when ranks.rank_position > ranks.place_before then ranks.customers else 0 end) as moved_down,
        sum(case when ranks.place_before is null then ranks.customers else 0 end) as entered
    from ranks
    group by ranks.brand_id, ranks.rank
),

ranks_before as (
    select
        spells.brand_id,
        spells.rank,
        sum(spells.spells) as customers
    from {{ ref('int_marts__brand_spell_counts') }} as spells
    inner join month_before on spells.from_on <= month_before.as_of and spells.until_on > month_before.as_of
    group by spells.brand_id, spells.rank
),

-- of those of the month end before, who has a rank now
still_ranked as (
    select
        ranks.brand_id,
        steps.rank,
        sum(ranks.customers) as customers
    from ranks
    inner join steps on ranks.place_before = steps.rank_position
    group by ranks.brand_id, steps.rank
),

brands as (
    select ranks_now.brand_id from ranks_now
    union
    select ranks_before.brand_id from ranks_before
),

pyramid as (
    select
        brands.brand_id,
        steps.rank,
        cast(coalesce(ranks_now.customers, 0) as bigint) as customers,
        cast(coalesce(ranks_now.customers, 0) as double)
        / nullif(cast(sum(ranks_now.customers) over (partition by brands.brand_id) as double), 0) as share,
        cast(coalesce(ranks_now.moved_up, 0) as bigint) as moved_up,
        cast(coalesce(ranks_now.moved_down, 0) as bigint) as moved_down,
        cast(coalesce(ranks_now.entered, 0) as bigint) as entered,
        cast(coalesce(ranks_before.customers, 0) - coalesce(still_ranked.customers, 0) as bigint) as dropped_out
    from brands
    cross join steps
    left join ranks_now on brands.brand_id = ranks_now.brand_id and steps.rank = ranks_now.rank
    left join ranks_before on brands.brand_id = ranks_before.brand_id and steps.rank = ranks_before.rank
    left join still_ranked on brands.brand_id = still_ranked.brand_id and steps.rank = still_ranked.rank
)

select * from pyramid
