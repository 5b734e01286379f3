-- Which variant of step number $step_no each one gets: the first that holds, or where the step is smart about channels the
-- one of the channel at which the customer opens most, if there is one and consent and address for it.
create or replace table activation.choices as
with holding as (
    select
        due.scenario_id, due.step, due.match_key, variants.variant_no,
        steps.smart_channel and coalesce(
            variants.channel = people.best_channel and reach.has_consent and reach.has_address, false
        ) as is_best
    from activation.due_steps as due
    inner join activation.step_rules as steps on due.scenario_id = steps.scenario_id and due.step = steps.step
    inner join activation.step_variants as variants on due.scenario_id = variants.scenario_id and due.step = variants.step
    left join activation.variants_met as met
        on due.scenario_id = met.scenario_id and due.step = met.step and due.match_key = met.match_key
        and variants.variant_no = met.variant_no
    left join activation.people as people on due.customer_id = people.customer_id
    left join activation.reach as reach on due.customer_id = reach.customer_id and variants.channel = reach.channel
    where due.step_no = $step_no and (not variants.is_conditional or met.match_key is not null)
)
select scenario_id, step, match_key, arg_min(variant_no, (not is_best, variant_no)) as variant_no
from holding
group by scenario_id, step, match_key;

-- When it goes out: at the later of due time and cut-off, in the window and outside quiet hours by the customer's clock.
create or replace table activation.send_times as
with based as (
    select
        due.scenario_id, due.step, due.match_key, coalesce(people.zone, 'Asia/Tokyo') as zone, rules.window_start,
        rules.window_end, rules.quiet_start, rules.quiet_end, rules.opens_1, rules.opens_2,
        greatest(due.due_at, rules.cut_off_at) as base_at, case when steps.smart_hour then people.best_hour end as best_hour
    from activation.due_steps as due
    inner join activation.step_rules as steps on due.scenario_id = steps.scenario_id and due.step = steps.step
    inner join activation.scenario_rules as rules on due.scenario_id = rules.scenario_id
    left join activation.people as people on due.customer_id = people.customer_id
    where due.step_no = $step_no
),
-- The best hour is one of Tokyo's.
smart as (
    select
        *,
        case
            when best_hour is null or best_hour = hour(base_at + interval 9 hours) then base_at
            else date_trunc('day', base_at + interval 9 hours) + to_hours(best_hour) - interval 9 hours
                + case when best_hour < hour(base_at + interval 9 hours) then interval 1 day else interval 0 days end
        end as smart_at
    from based
),
chosen as (
    select
        *,
        case
            when is_open(minute_at(zone, smart_at), window_start, window_end, quiet_start, quiet_end) then smart_at
            else base_at
        end as wished_at
    from smart
),
clocked as (
    select *, timezone(zone, timezone('UTC', wished_at)) as local_at, minute_at(zone, wished_at) as minute
    from chosen
),
-- Shut: the next of the two minutes of the day at which sending becomes possible.
opened as (
    select
        *,
        date_trunc('day', local_at) + least(
            to_minutes(opens_1 + case when opens_1 <= minute then 1440 else 0 end),
            to_minutes(opens_2 + case when opens_2 <= minute then 1440 else 0 end)
        ) as opens_at
    from clocked
)
select
    scenario_id,
    step,
    match_key,
    case
        when is_open(minute, window_start, window_end, quiet_start, quiet_end) then wished_at
        else timezone('UTC', timezone(zone, opens_at))
    end as send_at
from opened
