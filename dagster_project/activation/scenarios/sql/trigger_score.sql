-- The act at which the points of a category first summed up to a level. Points do not fade here, and a rule may take some: a
-- level once reached is reached.
insert into activation.triggers by name
with rules as (
    select
        rules.*, filters.attribute as category, cast(filters.value as bigint) as level
    from activation.scenario_rules as rules
    inner join activation.trigger_filters as filters on rules.scenario_id = filters.scenario_id
    where rules.trigger_kind = 'score'
),
points as (
    select
        rules.scenario_id, rules.level, rules.reach_back_at, rules.category, ledger.customer_id, ledger.touchpoint_id,
        ledger.occurred_at,
        case rules.category
            when 'product' then ledger.product
            when 'lifestyle' then ledger.lifestyle
            when 'lifestance' then ledger.lifestance
            else ledger.product + ledger.lifestyle + ledger.lifestance
        end as points
    from marts.score_ledger as ledger
    inner join rules on ledger.occurred_at < rules.cut_off_at
),
-- Whoever may have come to it since the days looked at began, counting what was gained alone: few, and only their points are
-- summed up act by act.
reaching as (
    select scenario_id, customer_id
    from points
    group by scenario_id, customer_id, level
    having sum(greatest(points, 0)) >= level and coalesce(sum(points) filter (where occurred_at < reach_back_at), 0) < level
),
sums as (
    select
        points.*,
        sum(points.points) over (
            partition by points.scenario_id, points.customer_id
            order by points.occurred_at nulls last, points.touchpoint_id nulls last
        ) as points_so_far
    from points
    semi join reaching on points.scenario_id = reaching.scenario_id and points.customer_id = reaching.customer_id
)
select
    sums.scenario_id,
    sums.customer_id,
    'score:' || sums.category || ':' || sums.level as trigger_key,
    min(sums.occurred_at) as triggered_at,
    sums.customer_id || '|score:' || sums.category || ':' || sums.level as match_key
from sums
inner join insights.customers as customers on sums.customer_id = customers.customer_id
where sums.points_so_far >= sums.level
group by sums.scenario_id, sums.customer_id, sums.category, sums.level, sums.reach_back_at
having min(sums.occurred_at) >= sums.reach_back_at
