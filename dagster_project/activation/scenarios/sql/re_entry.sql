-- Triggers that came before: where a scenario may be entered once, or once in a while.
insert into activation.entries by name
select distinct
    settled.scenario_id, settled.customer_id, settled.match_key, settled.triggered_at,
    case when settled.about is not null then coalesce(each_of(
        rules.re_entry_each, settled.about.product_id, settled.about.brand_id, settled.about.content_id,
        settled.about.store_id, settled.about.campaign_id
    ), '') end as each_value
from settled_steps as settled
inner join activation.step_rules as steps on settled.scenario_id = steps.scenario_id and settled.step = steps.step
inner join activation.scenario_rules as rules on settled.scenario_id = rules.scenario_id
where steps.step_no = 1 and (rules.enters_once or rules.re_entry_days is not null)
