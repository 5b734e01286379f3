-- Who was assigned, when, and to which side. $reasons: those that are tried after the hold-out, so what they stop was assigned.
-- Ledgers of earlier versions lack some columns; the last branch, which has no rows, gives them.
create or replace temp table result_steps as
with rows_of_runs as (
    select * exclude (run_no, is_earlier) from activation.ledger_scenario_steps where as_of <= $as_of
    union all by name
    select * from activation.scenario_targets
    union all by name
    select cast(null as decimal(18, 2)) as cost, cast(null as boolean) as is_expired where false
)
-- An id whose person is gone keeps its row: whoever left after a message was assigned nonetheless.
select
    steps.feed_row_id, steps.scenario_id, steps.step, steps.trigger, steps.send_at, steps.cost, steps.holdout,
    coalesce(aliases.customer_id, steps.customer_id) as customer_id,
    coalesce(steps.is_expired, steps.holdout and not steps.continues) as is_late
from rows_of_runs as steps
left join identity.customer_aliases as aliases on steps.customer_id = aliases.alias_id;

create or replace temp table result_assignments as
with stopped as (
    select scenario_id, step, customer_id, trigger, send_at, reason
    from activation.ledger_suppressions
    where as_of <= $as_of and list_contains($reasons, reason)
    union all
    select scenario_id, step, customer_id, trigger, send_at, reason
    from activation.suppressions
    where list_contains($reasons, reason)
)
select scenario_id, step, customer_id, trigger, send_at, holdout as is_control, is_late
from result_steps
union all
select
    stopped.scenario_id, stopped.step, coalesce(aliases.customer_id, stopped.customer_id), stopped.trigger,
    stopped.send_at, false, stopped.reason = 'expired'
from stopped
left join identity.customer_aliases as aliases on stopped.customer_id = aliases.alias_id;

-- A customer is one unit per scenario and step, and one per scenario (step null): by the first assignment, in time if any was.
-- What tells which is first is one number, a third of the cost of rows that are compared: the microsecond of the send time,
-- doubled to hold the side in its last bit (of one moment, sent comes before held out), and a billion billion where it is late.
create or replace temp table result_units as
with placed as (
    select
        scenario_id, step, customer_id,
        2 * epoch_us(send_at) + cast(is_control as bigint)
        + case when is_late then 1000000000000000000 else 0 end as place
    from result_assignments
),
firsts as (
    select scenario_id, step, customer_id, min(place) as place from placed group by scenario_id, step, customer_id
),
units as (
    select scenario_id, step, customer_id, place from firsts
    union all
    select scenario_id, null, customer_id, min(place) from firsts group by scenario_id, customer_id
),
timed as (
    select
        units.scenario_id, units.step, units.customer_id,
        units.place >= 1000000000000000000 as is_late,
        units.place % 2 = 1 as is_control,
        make_timestamp(units.place % 1000000000000000000 // 2) as assigned_at,
        case
            when units.step is null then coalesce(rules.scenario_window_days, $window_days)
            else coalesce(rules.step_window_days, $window_days)
        end as window_days
    from units
    left join activation.result_rules as rules on units.scenario_id = rules.scenario_id
)
select
    *,
    row_number() over () as unit_no,
    assigned_at + to_days(cast(window_days as integer)) as until_at,
    not is_late and assigned_at + to_days(cast(window_days as integer)) <= $cut_off_at as is_compared
from timed;

-- Steps that were for somebody not the first after the trigger: what came before may have changed who reaches them.
create or replace temp table result_later_steps as
with of_several as (
    select scenario_id from result_assignments group by scenario_id having min(step) < max(step)
),
assignments as (
    select scenario_id, step, customer_id, trigger, send_at
    from result_assignments
    where scenario_id in (select of_several.scenario_id from of_several)
),
begun as (
    select scenario_id, customer_id, trigger, min(send_at) as begun_at
    from assignments
    group by scenario_id, customer_id, trigger
    having min(send_at) < max(send_at)
)
select distinct assignments.scenario_id, assignments.step
from begun
inner join assignments
    on begun.scenario_id = assignments.scenario_id and begun.customer_id = assignments.customer_id
    and begun.trigger = assignments.trigger and begun.begun_at < assignments.send_at
