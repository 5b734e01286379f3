with ranks as (
    select * from {{ ref('int_marts__brand_ranks') }}
),

steps as (
    select
        rules.rank,
        min(rules.position) as rank_position
    from {{ ref('rank_rules') }} as rules
    group by rules.rank
),

brands as (
    select distinct ranks.brand_id from ranks
),

moves as (
    select
        coalesce(now.brand_id, before.brand_id) as brand_id,
        now.rank as rank_now,
        before.rank as rank_before,
        coalesce(now.rank_position < before.rank_position, false) as is_up,
        coalesce(now.rank_position > before.rank_position, false) as is_down
    from (select * from ranks where months_before = 0) as now
    full outer join (select * from ranks where months_before = 1) as before
        on now.customer_id = before.customer_id and now.brand_id = before.brand_id
),

arrived as (
    select
        moves.brand_id,
        moves.rank_now as rank,
        count(*) as customers,
        sum(case when moves.is_up then 1 else 0 end) as moved_up,
        sum(case when moves.is_down then 1 else 0 end) as moved_down,
        sum(case when moves.rank_before is null then 1 else 0 end) as entered
    from moves
    where moves.rank_now is not null
    group by moves.brand_id, moves.rank_now
),

departed as (
    select
        moves.brand_id,
        moves.rank_before as rank,
        count(*) as dropped_out
    from moves
    where moves.rank_now is null
    group by moves.brand_id, moves.rank_before
),

wholes as (
    select
        arrived.brand_id,
        sum(arrived.customers) as customers
    from arrived
    group by arrived.brand_id
),

pyramid as (
    select
        brands.brand_id,
        steps.rank,
        cast(coalesce(arrived.customers, 0) as bigint) as customers,
        cast(coalesce(arrived.customers, 0) as double) / nullif(cast(wholes.customers as double), 0) as share,
        cast(coalesce(arrived.moved_up, 0) as bigint) as moved_up,
        cast(coalesce(arrived.moved_down, 0) as bigint) as moved_down,
        cast(coalesce(arrived.entered, 0) as bigint) as entered,
        cast(coalesce(departed.dropped_out, 0) as bigint) as dropped_out
    from brands
    cross join steps
    left join arrived on brands.brand_id = arrived.brand_id and steps.rank = arrived.rank
    left join departed on brands.brand_id = departed.brand_id and steps.rank = departed.rank
    left join wholes on brands.brand_id = wholes.brand_id
)

select * from pyramid
