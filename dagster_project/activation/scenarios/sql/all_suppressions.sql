-- Those of all runs, as of scenario_targets.
with of_runs as (
    select * exclude (run_no, is_earlier) from activation.ledger_suppressions
    union all by name
    select * from activation.suppressions
)
select as_of, scenario_id, step, customer_id, trigger, reason, run_id, winner, detail
from of_runs
