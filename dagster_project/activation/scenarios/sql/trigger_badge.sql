-- A badge earned, at the act that earned it.
insert into activation.triggers by name
select
    rules.scenario_id,
    badges.customer_id,
    'badge:' || badges.badge_id as trigger_key,
    badges.earned_at as triggered_at,
    badges.customer_id || '|badge:' || badges.badge_id as match_key
from marts.badges as badges
inner join activation.trigger_filters as filters
    on filters.attribute = 'badge_id' and badges.badge_id = filters.value
inner join activation.scenario_rules as rules
    on filters.scenario_id = rules.scenario_id and rules.trigger_kind = 'badge'
inner join insights.customers as customers on badges.customer_id = customers.customer_id
where badges.earned_at >= rules.reach_back_at and badges.earned_at < rules.cut_off_at
