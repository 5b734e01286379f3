-- Of what set a scenario off in the days looked at, hardly anything has a step to be decided still: its first one falls due in
-- this run and nobody has decided it, or one that continues has not been followed by the next. The others are let go before
-- all that is asked of triggers and their customers; carts stay whose emptying takes back what was listed.
create or replace table activation.triggers as
select triggers.*
from activation.triggers as triggers
inner join activation.first_steps as firsts on triggers.scenario_id = firsts.scenario_id
left join activation.progress as decided
    on firsts.scenario_id = decided.scenario_id and firsts.step = decided.step and triggers.match_key = decided.match_key
left join activation.under_way as under_way
    on triggers.scenario_id = under_way.scenario_id and triggers.match_key = under_way.match_key
where triggers.cart_emptied_at is not null
    or under_way.match_key is not null
    or (
        decided.match_key is null
        and falls_due(
            triggers.triggered_at, firsts.months, firsts.days, firsts.hours, firsts.first_from_at, firsts.horizon_at
        )
    )
