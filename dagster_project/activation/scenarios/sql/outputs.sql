-- This run's rows, as the contract names them.
create or replace table activation.decisions as
select
    left(sha256(
        candidates.scenario_id || '|' || candidates.step || '|' || candidates.customer_id || '|' || candidates.trigger_key
    ), 32) as feed_row_id,
    candidates.* exclude (suppression, detail, brand_id),
    coalesce(candidates.brand_id, products.brand_id) as brand_id,
    coalesce(caps.suppression, candidates.suppression) as final_suppression,
    caps.winner,
    coalesce(caps.detail, candidates.detail) as final_detail,
    coalesce(candidates.suppression = 'holdout', false) as holdout,
    candidates.step || ' of ' || candidates.scenario_id || ', due '
    || strftime(candidates.due_at + interval 9 hours, '%Y-%m-%d %H:%M') || ' Tokyo time, after ' || candidates.trigger_key
        as why
from activation.candidates as candidates
left join staging.stg_products as products on candidates.product_id = products.product_id
left join activation.cap_outcomes as caps
    on candidates.scenario_id = caps.scenario_id and candidates.step = caps.step and candidates.match_key = caps.match_key;

create or replace table activation.scenario_targets as
select
    $as_of as as_of, feed_row_id, scenario_id, step, customer_id, channel, send_at, content_id, product_id,
    why as reason, rule_version, holdout, trigger_key as trigger, due_at, match_key, continues, $run_id as run_id,
    brand_id, store_id, campaign_id, triggered_at, since_at, is_transactional,
    cast(case when holdout then 0 else cost end as decimal(18, 2)) as cost, is_held_out, is_held_out_globally, previous_at,
    about
from activation.decisions
where final_suppression is null or holdout
order by scenario_id, send_at, feed_row_id;

create or replace table activation.suppressions as
select
    $as_of as as_of, scenario_id, step, customer_id, trigger_key as trigger, final_suppression as reason,
    channel, due_at, send_at, match_key, continues, $run_id as run_id, winner, final_detail as detail, triggered_at,
    is_held_out, is_held_out_globally, about
from activation.decisions
where final_suppression is not null
order by scenario_id, step, customer_id, trigger_key;
