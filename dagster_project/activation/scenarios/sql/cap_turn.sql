-- The $turn-th message of each contested customer: accepted, unless some window of some cap that it falls into is full.
insert into activation.cap_outcomes by name
with messages as (
    select candidates.*
    from activation.contested as contested
    inner join activation.cap_candidates as candidates
        on contested.scenario_id = candidates.scenario_id and contested.step = candidates.step
        and contested.match_key = candidates.match_key
    where contested.turn = $turn
),
near as (
    select
        messages.scenario_id, messages.step, messages.match_key, messages.cap_id, messages.max_messages, messages.span,
        messages.counted_at as own_at, messages.priority as own_priority, counted.counted_at, counted.origin,
        counted.scenario_id as other_id, counted.priority
    from messages
    inner join activation.counted_messages as counted
        on messages.customer_id = counted.customer_id and messages.cap_id = counted.cap_id
    where counted.counted_at > messages.counted_at - messages.span
        and counted.counted_at < messages.counted_at + messages.span
),
-- A fullest window begins with a message.
starts as (
    select distinct scenario_id, step, match_key, cap_id, counted_at as starts_at from near where counted_at <= own_at
    union
    select scenario_id, step, match_key, cap_id, counted_at from messages
),
windows as (
    select
        starts.scenario_id, starts.step, starts.match_key, starts.cap_id, starts.starts_at, near.max_messages,
        count(*) filter (where near.origin = 'earlier') as earlier,
        count(*) filter (where near.origin = 'run') as accepted,
        count(*) as messages,
        arg_max(near.other_id, (near.priority, near.other_id))
            filter (where near.origin = 'run' and near.priority > near.own_priority) as winner
    from starts
    inner join near
        on starts.scenario_id = near.scenario_id and starts.step = near.step and starts.match_key = near.match_key
        and starts.cap_id = near.cap_id
    where near.counted_at >= starts.starts_at and near.counted_at < starts.starts_at + near.span
    group by starts.scenario_id, starts.step, starts.match_key, starts.cap_id, starts.starts_at, near.max_messages
),
-- A cap of none needs no message to be full.
closed as (
    select scenario_id, step, match_key, cap_id, null as winner, false as is_lost
    from messages
    where max_messages = 0
    union all
    select
        scenario_id, step, match_key, cap_id, winner,
        winner is not null and earlier < max_messages and earlier + accepted >= max_messages
    from windows
    where messages >= max_messages
)
select
    scenario_id, step, match_key,
    case when bool_or(is_lost) then 'priority' else 'frequency_cap' end as suppression,
    min(winner) filter (where is_lost) as winner,
    case when bool_or(is_lost) then min(cap_id) filter (where is_lost) else min(cap_id) end as detail
from closed
group by scenario_id, step, match_key;

insert into activation.counted_messages by name
select
    candidates.customer_id, candidates.cap_id, candidates.counted_at, 'run' as origin, candidates.scenario_id,
    candidates.priority
from activation.contested as contested
inner join activation.cap_candidates as candidates
    on contested.scenario_id = candidates.scenario_id and contested.step = candidates.step
    and contested.match_key = candidates.match_key
left join activation.cap_outcomes as outcomes
    on contested.scenario_id = outcomes.scenario_id and contested.step = outcomes.step
    and contested.match_key = outcomes.match_key
where contested.turn = $turn and contested.late is null and outcomes.match_key is null
