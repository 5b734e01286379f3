-- One reason for each row that is not to be sent any more, the first in the order of the contract.
create or replace table activation.withdrawals as
with first_reasons as (
    select feed_row_id, arg_min(reason, (position, reason)) as reason
    from activation.withdrawn
    group by feed_row_id
)
select
    $as_of as as_of, waiting.feed_row_id, waiting.scenario_id, waiting.step, waiting.customer_id, first_reasons.reason,
    $run_id as run_id
from activation.waiting as waiting
inner join first_reasons on waiting.feed_row_id = first_reasons.feed_row_id
order by waiting.feed_row_id
