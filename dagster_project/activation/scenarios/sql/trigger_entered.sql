-- The day on which a customer came into one of the RF segments that a scenario names, from one that it does not name: with an
-- order (at its time), or because months have passed since the last (at the scenario's hour, or so many days ahead).
insert into activation.triggers by name
with rules as (
    select *, to_months(ahead_months) + to_days(ahead_days) + to_hours(ahead_hours) as ahead
    from activation.scenario_rules
    where trigger_kind = 'entered'
),
-- Those for whom some order, or the months after it, fall into the time in question.
moving as (
    select distinct orders.customer_id
    from core.orders as orders
    inner join (select distinct recency_from from rules.rf_segments) as months on true
    inner join rules
        on cast(orders.ordered_at + interval 9 hours as date) + to_months(months.recency_from)
        between rules.reach_back_at - interval 2 days and rules.horizon_at + rules.ahead + interval 2 days
    where orders.is_counted or orders.is_trial
),
days as (
    select
        orders.customer_id, cast(orders.ordered_at + interval 9 hours as date) as ordered_on,
        count(*) filter (where orders.is_counted) as counted, max(orders.ordered_at) as ordered_at
    from core.orders as orders
    semi join insights.customers as customers on orders.customer_id = customers.customer_id
    semi join moving on orders.customer_id = moving.customer_id
    where (orders.is_counted or orders.is_trial) and orders.ordered_at < (select max(cut_off_at) from rules)
    group by orders.customer_id, cast(orders.ordered_at + interval 9 hours as date)
),
counting as (
    select *, sum(counted) over (partition by customer_id order by ordered_on nulls last) as frequency
    from days
),
-- A trial after a counted order moves nobody.
spells as (
    select *, lead(ordered_on) over (partition by customer_id order by ordered_on nulls last) as next_on
    from counting
    where counted > 0 or frequency = 0
),
states as (
    select
        rules.scenario_id, rules.ahead, rules.reach_back_at, rules.horizon_at, rules.trigger_minute, spells.customer_id,
        spells.ordered_on, spells.ordered_at, spells.next_on, segments.segment, segments.recency_from,
        cast(spells.ordered_on + to_months(segments.recency_from) as date) as entered_on,
        filters.value is not null as is_named
    from spells
    inner join rules.rf_segments as segments
        on spells.frequency >= segments.frequency_from
        and (segments.frequency_to is null or spells.frequency < segments.frequency_to)
    cross join rules
    left join activation.trigger_filters as filters
        on rules.scenario_id = filters.scenario_id and filters.attribute = 'rf_segment'
        and segments.segment = filters.value
),
followed as (
    select
        *,
        last_value(case when next_on is null or entered_on < next_on then is_named end ignore nulls) over (
            partition by scenario_id, customer_id order by entered_on nulls last, recency_from nulls last
            rows between unbounded preceding and 1 preceding
        ) as was_named,
        case
            when recency_from = 0 then ordered_at
            else cast(entered_on as timestamp) + to_minutes(trigger_minute) - ahead - interval 9 hours
        end as triggered_at
    from states
),
keyed as (
    select
        *, 'entered:' || segment || ':' || entered_on as trigger_key,
        customer_id || '|entered:' || segment || ':' || entered_on as match_key
    from followed
    where is_named and not coalesce(was_named, false) and triggered_at >= reach_back_at and triggered_at < horizon_at
),
-- Whoever ordered before it came to that is no case; whoever did after a message ahead of it leaves by an exit.
entering as (
    select keyed.*
    from keyed
    left join (select distinct scenario_id, match_key from activation.progress) as under_way
        on keyed.scenario_id = under_way.scenario_id and keyed.match_key = under_way.match_key
    where keyed.next_on is null or cast(keyed.triggered_at + interval 9 hours as date) < keyed.next_on
        or under_way.match_key is not null
)
select scenario_id, customer_id, trigger_key, triggered_at, match_key, ordered_at as since_at from entering
