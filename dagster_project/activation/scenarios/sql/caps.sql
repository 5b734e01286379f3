-- Who may be sent how much. Caps count what other runs listed (merged persons together; hold-outs and transactional messages
-- are none) and what this one accepts; each message once for each cap that covers its channel.
create or replace table activation.cap_candidates as
select
    candidates.scenario_id, candidates.step, candidates.match_key, candidates.customer_id,
    candidates.priority, caps.cap_id, caps.max_messages, caps.span,
    case
        when caps.is_calendar then date_trunc('day', candidates.send_at + interval 9 hours)
        else candidates.send_at
    end as counted_at
from activation.candidates as candidates
inner join activation.cap_channels as caps on candidates.channel = caps.channel
anti join activation.standing_messages as standing
    on candidates.scenario_id = standing.scenario_id and candidates.step = standing.step
    and candidates.match_key = standing.match_key
where not candidates.is_transactional and coalesce(candidates.suppression, 'expired') = 'expired';

insert into activation.counted_messages by name
with wanted as (
    select customer_id, cap_id, min(counted_at) - any_value(span) as from_at, max(counted_at) + any_value(span) as until_at
    from activation.cap_candidates
    group by customer_id, cap_id
),
listed as (
    select distinct
        coalesce(persons.customer_id, steps.customer_id) as customer_id, steps.feed_row_id, steps.scenario_id,
        steps.channel, steps.send_at, steps.is_earlier
    from activation.ledger_scenario_steps as steps
    left join activation.persons_since as persons
        on steps.customer_id = persons.alias_id
        and (persons.until_on is null or steps.as_of <= persons.until_on)
    where not steps.holdout and not coalesce(steps.is_transactional, false)
        and steps.send_at > (select min(from_at) - interval 1 day from wanted)
    union all
    select customer_id, feed_row_id, scenario_id, channel, send_at, true
    from activation.standing_messages
),
counted as (
    select
        listed.customer_id, caps.cap_id, listed.scenario_id, listed.is_earlier,
        case
            when caps.is_calendar then date_trunc('day', listed.send_at + interval 9 hours) else listed.send_at
        end as counted_at
    from listed
    inner join activation.cap_channels as caps on listed.channel = caps.channel
)
select
    counted.customer_id, counted.cap_id, counted.counted_at, counted.scenario_id, cast(null as integer) as priority,
    case when counted.is_earlier then 'earlier' else 'later' end as origin
from counted
inner join wanted on counted.customer_id = wanted.customer_id and counted.cap_id = wanted.cap_id
where counted.counted_at > wanted.from_at and counted.counted_at < wanted.until_at;

-- Only who might reach a cap, counting everything near, is gone through message by message; the order is total.
create or replace table activation.contested as
with near as (
    select customer_id, cap_id, count(*) as messages from activation.counted_messages group by customer_id, cap_id
),
contesting as (
    select distinct own.customer_id
    from (
        select customer_id, cap_id, any_value(max_messages) as max_messages, count(*) as messages
        from activation.cap_candidates
        group by customer_id, cap_id
    ) as own
    left join near on own.customer_id = near.customer_id and own.cap_id = near.cap_id
    where own.messages + coalesce(near.messages, 0) > own.max_messages
)
select
    candidates.scenario_id, candidates.step, candidates.match_key, candidates.suppression as late,
    row_number() over (
        partition by candidates.customer_id
        order by candidates.priority desc nulls last, candidates.send_at nulls last, candidates.scenario_id nulls last,
            candidates.step_no nulls last, candidates.match_key nulls last
    ) as turn
from activation.candidates as candidates
inner join contesting on candidates.customer_id = contesting.customer_id
where not candidates.is_transactional and coalesce(candidates.suppression, 'expired') = 'expired'
