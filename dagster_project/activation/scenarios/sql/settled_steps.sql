-- Tables that earlier versions left.
drop table if exists activation.settled_steps;
drop table if exists activation.first_steps;

-- The persons of today that a customer id of an earlier run stands for, where it is not simply itself: who it was merged into,
-- and who came out of it since. until_on: only for what was decided up to that day, since which they are apart.
create or replace table activation.persons_since as
with merged as (
    select alias_id, customer_id, cast(null as date) as until_on
    from identity.customer_aliases
    where customer_id <> alias_id
),
split as (
    select
        changes.from_id as alias_id, coalesce(aliases.customer_id, changes.to_id) as customer_id,
        changes.as_of as until_on
    from identity.identity_changes as changes
    left join identity.customer_aliases as aliases
        on changes.to_id = aliases.alias_id and aliases.customer_id <> aliases.alias_id
    where changes.change = 'split' and changes.from_id is not null and changes.to_id is not null
),
remaining as (
    select split.alias_id, split.alias_id as customer_id, cast(null as date) as until_on
    from split
    where split.alias_id not in (select alias_id from merged)
)
select * from merged
union
select * from split
union
select * from remaining;

-- Every (scenario, step, trigger) that another run decided, as far back as this run's triggers reach, or further where a
-- scenario asks. A date's trigger is told by today's customer: after a merge the surviving person has it once, and after a
-- split neither has it again. A view: each who asks wants few of its columns, or of its scenarios.
create or replace temp view settled_steps as
with wanted as (
    select
        rules.scenario_id,
        case
            when rules.enters_once or rules.re_entry_days is not null or asked.asked_id is not null
                then timestamp '1900-01-01'
            else rules.reach_back_at
        end as from_at
    from activation.scenario_rules as rules
    left join (select distinct asked_id from activation.messages_asked) as asked on rules.scenario_id = asked.asked_id
),
-- Rows that were taken back by what ends the scenario: nothing comes after them, whatever holds by now.
ended as (
    select withdrawn.feed_row_id
    from activation.ledger_withdrawals as withdrawn
    inner join activation.exit_rules as exits
        on withdrawn.scenario_id = exits.scenario_id and withdrawn.reason = exits.reason and exits.step is null
    where withdrawn.is_earlier
),
decided as (
    select
        steps.as_of, steps.scenario_id, steps.step, steps.customer_id, steps.trigger, steps.match_key, steps.send_at,
        coalesce(steps.triggered_at, steps.due_at) as triggered_at, steps.product_id, steps.feed_row_id,
        steps.continues and steps.feed_row_id not in (select ended.feed_row_id from ended) as continues,
        steps.is_earlier, steps.about
    from activation.ledger_scenario_steps as steps
    inner join wanted on steps.scenario_id = wanted.scenario_id and steps.due_at >= wanted.from_at
    union all
    select
        held.as_of, held.scenario_id, held.step, held.customer_id, held.trigger, held.match_key, held.send_at,
        coalesce(held.triggered_at, held.due_at), null, null, held.continues, held.is_earlier, held.about
    from activation.ledger_suppressions as held
    inner join wanted on held.scenario_id = wanted.scenario_id and held.due_at >= wanted.from_at
    where held.reason <> 'holdout'
)
select
    decided.scenario_id,
    decided.step,
    coalesce(persons.customer_id, decided.customer_id) as customer_id,
    todays_key(decided.match_key, decided.trigger, coalesce(persons.customer_id, decided.customer_id)) as match_key,
    decided.is_earlier,
    decided.continues,
    decided.send_at,
    decided.triggered_at,
    decided.product_id,
    decided.feed_row_id,
    decided.about
from decided
left join activation.persons_since as persons
    on decided.customer_id = persons.alias_id
    and (persons.until_on is null or decided.as_of <= persons.until_on);

-- Where each chain of steps stands.
create or replace table activation.progress as
select
    scenario_id,
    step,
    match_key,
    max(send_at) filter (where is_earlier and continues) as send_at,
    coalesce(bool_or(continues) filter (where is_earlier), false) as continues
from settled_steps
group by scenario_id, step, match_key;

-- Chains of which a step falls due in this run that comes after one that continues.
create or replace table activation.under_way as
select distinct progress.scenario_id, progress.match_key
from activation.progress as progress
inner join activation.step_rules as nexts
    on progress.scenario_id = nexts.scenario_id and progress.step = nexts.previous_step
inner join activation.scenario_rules as rules on nexts.scenario_id = rules.scenario_id
left join activation.progress as decided
    on nexts.scenario_id = decided.scenario_id and nexts.step = decided.step and progress.match_key = decided.match_key
where progress.continues and decided.match_key is null
    and falls_due(
        progress.send_at, nexts.months, nexts.days, nexts.hours, rules.accounts_from_at, rules.horizon_at
    );

-- Chains of which the trigger's time says nothing any more: those under way, and all others whose first step is decided.
create or replace temp view chains as
select under_way.scenario_id, under_way.match_key, true as is_under_way
from activation.under_way as under_way
union all
select progress.scenario_id, progress.match_key, false as is_under_way
from activation.progress as progress
semi join activation.step_rules as firsts
    on progress.scenario_id = firsts.scenario_id and progress.step = firsts.step and firsts.step_no = 1
anti join activation.under_way as under_way
    on progress.scenario_id = under_way.scenario_id and progress.match_key = under_way.match_key
