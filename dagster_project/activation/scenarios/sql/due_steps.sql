-- Steps number $step_no that have fallen due and that no run has decided, with the time at which they were due.
-- The first step counts from the trigger, the others from the send time of the step before.
insert into activation.due_steps by name
with sent as (
    select scenario_id, step, match_key, send_at
    from activation.progress
    where continues
    union all
    select scenario_id, step, match_key, send_at
    from activation.candidates
    where continues
),
bases as (
    select
        steps.scenario_id, steps.step, triggers.match_key, triggers.triggered_at as base_at,
        cast(null as timestamp) as previous_at
    from activation.step_rules as steps
    inner join activation.triggers as triggers on steps.scenario_id = triggers.scenario_id
    where steps.step_no = $step_no and steps.previous_step is null
    union all
    select steps.scenario_id, steps.step, sent.match_key, sent.send_at, sent.send_at
    from activation.step_rules as steps
    inner join sent on steps.scenario_id = sent.scenario_id and steps.previous_step = sent.step
    where steps.step_no = $step_no
),
timed as (
    select
        bases.scenario_id, bases.step, bases.match_key, bases.previous_at,
        due_after(bases.base_at, steps.months, steps.days, steps.hours) as due_at
    from bases
    inner join activation.step_rules as steps on bases.scenario_id = steps.scenario_id and bases.step = steps.step
),
valid as (
    select
        timed.scenario_id, timed.step, $step_no as step_no, triggers.customer_id, triggers.trigger_key,
        timed.match_key, triggers.triggered_at, coalesce(triggers.since_at, triggers.triggered_at) as since_at,
        timed.previous_at, timed.due_at, triggers.product_id, triggers.brand_id, triggers.content_id, triggers.store_id,
        triggers.campaign_id
    from timed
    inner join activation.triggers as triggers
        on timed.scenario_id = triggers.scenario_id and timed.match_key = triggers.match_key
    inner join activation.scenario_rules as rules on timed.scenario_id = rules.scenario_id
    where timed.due_at < rules.horizon_at
        and timed.due_at >= case when timed.previous_at is null then rules.first_from_at else rules.accounts_from_at end
        and (rules.valid_from is null or cast(triggers.triggered_at + interval 9 hours as date) >= rules.valid_from)
        and (rules.valid_until is null or cast(triggers.triggered_at + interval 9 hours as date) <= rules.valid_until)
)
select valid.*
from valid
left join activation.progress as settled
    on valid.scenario_id = settled.scenario_id and valid.step = settled.step and valid.match_key = settled.match_key
where settled.match_key is null
