-- Every (scenario, step, trigger) that another run decided. A date's trigger is told by today's customer: after a merge the
-- surviving person has it once.
create or replace table activation.settled_steps as
with decided as (
    select scenario_id, step, customer_id, trigger, match_key, send_at, continues, is_earlier
    from activation.ledger_scenario_steps
    union all
    select scenario_id, step, customer_id, trigger, match_key, send_at, continues, is_earlier
    from activation.ledger_suppressions
    where reason <> 'holdout'
),
of_today as (
    select
        decided.scenario_id, decided.step, decided.send_at, decided.continues, decided.is_earlier,
        case
            when decided.match_key = decided.trigger then decided.match_key
            else coalesce(aliases.customer_id, decided.customer_id) || '|' || decided.trigger
        end as match_key
    from decided
    left join identity.customer_aliases as aliases on decided.customer_id = aliases.alias_id
)
select
    scenario_id,
    step,
    match_key,
    bool_or(is_earlier) as is_earlier,
    max(send_at) filter (where is_earlier and continues) as send_at,
    coalesce(bool_or(continues) filter (where is_earlier), false) as continues
from of_today
group by scenario_id, step, match_key
