-- The same hour again: what it decided when it first ran has gone out, and stands; what has come since is added. Who has become
-- another customer since is not decided on again under his new id.
create or replace temp table decided_before as
with decided as (
    select scenario_id, step, customer_id, trigger, match_key from activation.own_scenario_steps
    union all
    select scenario_id, step, customer_id, trigger, match_key from activation.own_suppressions
)
select
    decided.scenario_id,
    decided.step,
    todays_key(decided.match_key, decided.trigger, coalesce(aliases.customer_id, decided.customer_id)) as match_key
from decided
left join identity.customer_aliases as aliases
    on decided.customer_id = aliases.alias_id and aliases.customer_id <> aliases.alias_id;

delete from activation.scenario_targets
where (scenario_id, step, match_key) in (select (scenario_id, step, match_key) from decided_before);

delete from activation.suppressions
where (scenario_id, step, match_key) in (select (scenario_id, step, match_key) from decided_before);

insert into activation.scenario_targets by name
select * from activation.own_scenario_steps;

insert into activation.suppressions by name
select * from activation.own_suppressions;

insert into activation.withdrawals by name
select own.*
from activation.own_withdrawals as own
where own.feed_row_id not in (select withdrawals.feed_row_id from activation.withdrawals as withdrawals);

drop table decided_before
