-- Those of all runs: what other runs left in the ledger, and this run's. A row listed ahead and withdrawn before it was sent says why.
with of_runs as (
    select * exclude (run_no, is_earlier) from activation.ledger_scenario_steps
    union all by name
    select * from activation.scenario_targets
),
withdrawn as (
    select feed_row_id, reason from activation.ledger_withdrawals
    union all
    select feed_row_id, reason from activation.withdrawals
),
reasons as (
    select feed_row_id, min(reason) as withdrawn from withdrawn group by feed_row_id
)
select
    of_runs.as_of, of_runs.feed_row_id, of_runs.scenario_id, of_runs.step, of_runs.customer_id, of_runs.channel,
    of_runs.send_at, of_runs.content_id, of_runs.product_id, of_runs.reason, of_runs.rule_version, of_runs.holdout,
    of_runs.trigger, of_runs.run_id, of_runs.brand_id, of_runs.store_id, of_runs.campaign_id, reasons.withdrawn
from of_runs
left join reasons on of_runs.feed_row_id = reasons.feed_row_id
order by of_runs.as_of, of_runs.feed_row_id
