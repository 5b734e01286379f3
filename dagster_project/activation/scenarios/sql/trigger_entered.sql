-- The day on which a customer came into one of the RF segments that a scenario names, from one that it does not name: with an
-- order (at its time), or because months have passed since the last (at the scenario's hour, or so many days ahead).
insert into activation.triggers by name
with rules as (
    select *, to_months(ahead_months) + to_days(ahead_days) + to_hours(ahead_hours) as ahead
    from activation.scenario_rules
    where trigger_kind = 'entered'
),
-- Days so many months before the time in question as one of the segments named begins after: few, and each is asked once.
moving_days as (
    select distinct days.ordered_on
    from (select distinct cast(orders.ordered_at + interval 9 hours as date) as ordered_on from core.orders as orders) as days
    inner join activation.trigger_filters as filters on filters.attribute = 'rf_segment'
    inner join rules.rf_segments as segments on filters.value = segments.segment
    inner join rules on filters.scenario_id = rules.scenario_id
    where days.ordered_on + to_months(segments.recency_from)
        - case when segments.recency_from > 0 then rules.ahead else interval 0 days end
        -- to some days, since months differ in length, and a scenario has its hour
        between rules.triggered_from_at - interval 5 days and rules.triggered_before_at + interval 5 days
),
-- Who is on the way, by the customer that stands in the key.
moving as (
    select distinct orders.customer_id
    from core.orders as orders
    semi join moving_days on cast(orders.ordered_at + interval 9 hours as date) = moving_days.ordered_on
    where orders.is_counted or orders.is_trial
    union
    select split_part(under_way.match_key, '|', 1)
    from activation.under_way as under_way
    semi join rules on under_way.scenario_id = rules.scenario_id
),
days as (
    select
        orders.customer_id, cast(orders.ordered_at + interval 9 hours as date) as ordered_on,
        count(*) filter (where orders.is_counted) as counted, max(orders.ordered_at) as ordered_at
    from core.orders as orders
    semi join insights.customers as customers on orders.customer_id = customers.customer_id
    semi join moving on orders.customer_id = moving.customer_id
    where (orders.is_counted or orders.is_trial) and orders.ordered_at < $cut_off_at
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
-- Entering one of the segments named.
timed as (
    select
        rules.scenario_id, rules.reach_back_at, rules.horizon_at, rules.triggered_from_at, rules.triggered_before_at,
        spells.customer_id, spells.ordered_on, spells.ordered_at, spells.next_on, segments.segment, segments.recency_from,
        cast(spells.ordered_on + to_months(segments.recency_from) as date) as entered_on,
        case
            when segments.recency_from = 0 then spells.ordered_at
            else cast(cast(spells.ordered_on + to_months(segments.recency_from) as date) as timestamp)
                + to_minutes(rules.trigger_minute) - rules.ahead - interval 9 hours
        end as triggered_at
    from rules
    inner join activation.trigger_filters as filters
        on rules.scenario_id = filters.scenario_id and filters.attribute = 'rf_segment'
    inner join rules.rf_segments as segments on filters.value = segments.segment
    inner join spells
        on spells.frequency >= segments.frequency_from
        and (segments.frequency_to is null or spells.frequency < segments.frequency_to)
),
keyed as (
    select
        *, 'entered:' || segment || ':' || entered_on as trigger_key,
        customer_id || '|entered:' || segment || ':' || entered_on as match_key,
        row_number() over (
            partition by scenario_id, customer_id, segment, entered_on order by ordered_on desc nulls last
        ) as position
    from timed
    where triggered_at >= reach_back_at and triggered_at < horizon_at
),
begun as (
    select distinct progress.scenario_id, progress.match_key
    from activation.progress as progress
    semi join keyed on progress.scenario_id = keyed.scenario_id and progress.match_key = keyed.match_key
),
-- Those alone of which a step is to be decided: see live_triggers. Whoever ordered before it came to that is no case; whoever
-- did after a message ahead of it leaves by an exit. Orders of the last days of a month may come to it on one day, the end of
-- a shorter month: the last of them counts.
possible as (
    select keyed.*
    from keyed
    left join begun on keyed.scenario_id = begun.scenario_id and keyed.match_key = begun.match_key
    left join chains
        on keyed.scenario_id = chains.scenario_id and keyed.match_key = chains.match_key
    where keyed.position = 1
    and (
        keyed.next_on is null or cast(keyed.triggered_at + interval 9 hours as date) < keyed.next_on
        or begun.match_key is not null
    )
    and may_be_decided(chains.is_under_way, keyed.triggered_at, keyed.triggered_from_at, keyed.triggered_before_at)
),
-- What came before is asked of these customers alone.
states as (
    select
        possible.scenario_id, spells.customer_id, spells.ordered_on, spells.next_on, segments.segment, segments.recency_from,
        cast(spells.ordered_on + to_months(segments.recency_from) as date) as entered_on,
        filters.value is not null as is_named
    from (select distinct scenario_id, customer_id from possible) as possible
    inner join spells on possible.customer_id = spells.customer_id
    inner join rules.rf_segments as segments
        on spells.frequency >= segments.frequency_from
        and (segments.frequency_to is null or spells.frequency < segments.frequency_to)
    left join activation.trigger_filters as filters
        on possible.scenario_id = filters.scenario_id and filters.attribute = 'rf_segment'
        and segments.segment = filters.value
),
followed as (
    select
        *,
        last_value(case when next_on is null or entered_on < next_on then is_named end ignore nulls)
            over (
                partition by scenario_id, customer_id
                order by entered_on nulls last, recency_from nulls last
                rows between unbounded preceding and 1 preceding
            ) as was_named
    from states
),
entering as (
    select possible.*
    from possible
    inner join followed
        on possible.scenario_id = followed.scenario_id and possible.customer_id = followed.customer_id
        and possible.ordered_on = followed.ordered_on and possible.segment = followed.segment
        and possible.recency_from = followed.recency_from
    where not coalesce(followed.was_named, false)
)
select scenario_id, customer_id, trigger_key, triggered_at, match_key, ordered_at as since_at from entering
