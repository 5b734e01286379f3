-- This run's rows, as the contract names them, and those of all runs: what other runs left in the ledger, and this run's.
create or replace table activation.scenario_targets as
select
    $as_of as as_of, feed_row_id, scenario_id, step, customer_id, channel, send_at, content_id, product_id,
    why as reason, rule_version, holdout, trigger_key as trigger, due_at, match_key, continues, $run_id as run_id
from activation.decisions
where suppression is null or holdout
order by scenario_id, send_at, feed_row_id;

create or replace table activation.suppressions as
select
    $as_of as as_of, scenario_id, step, customer_id, trigger_key as trigger, suppression as reason,
    channel, due_at, send_at, match_key, continues, $run_id as run_id
from activation.decisions
where suppression is not null
order by scenario_id, step, customer_id, trigger_key;
