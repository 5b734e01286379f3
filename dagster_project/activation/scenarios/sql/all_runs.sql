create or replace table activation.all_scenario_targets as
with of_runs as (
    select * exclude (run_no, is_earlier) from activation.ledger_scenario_steps
    union all by name
    select * from activation.scenario_targets
)
select
    as_of, feed_row_id, scenario_id, step, customer_id, channel, send_at, content_id, product_id, reason,
    rule_version, holdout, trigger, run_id
from of_runs
order by as_of, feed_row_id;

create or replace table activation.all_suppressions as
with of_runs as (
    select * exclude (run_no, is_earlier) from activation.ledger_suppressions
    union all by name
    select * from activation.suppressions
)
select as_of, scenario_id, step, customer_id, trigger, reason, run_id
from of_runs
order by as_of, scenario_id, step, customer_id, trigger;
