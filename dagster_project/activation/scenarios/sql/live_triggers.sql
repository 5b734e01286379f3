-- Of what set a scenario off in the days looked at, hardly anything has a step to be decided still: its first one falls due in
-- this run and nobody has decided it, or one that continues has not been followed by the next. The others are let go before
-- all that is asked of triggers and their customers; carts stay whose emptying takes back what was listed.
create or replace table activation.triggers as
select triggers.*
from activation.triggers as triggers
inner join activation.scenario_rules as rules on triggers.scenario_id = rules.scenario_id
inner join activation.step_rules as firsts on triggers.scenario_id = firsts.scenario_id and firsts.step_no = 1
left join chains
    on triggers.scenario_id = chains.scenario_id and triggers.match_key = chains.match_key
where triggers.cart_emptied_at is not null
    or coalesce(chains.is_under_way, falls_due(
        triggers.triggered_at, firsts.months, firsts.days, firsts.hours, rules.first_from_at, rules.horizon_at
    ))
