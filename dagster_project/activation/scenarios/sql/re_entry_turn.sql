-- Of each customer's due triggers (of each product, store ...) that no earlier entry stands too near to, the first enters;
-- until none is left.
insert into activation.entries by name
with due as (
    select
        due_steps.scenario_id, due_steps.customer_id, due_steps.match_key, due_steps.triggered_at, rules.enters_once,
        coalesce(each_of(
            rules.re_entry_each, due_steps.product_id, due_steps.brand_id, due_steps.content_id, due_steps.store_id,
            due_steps.campaign_id
        ), '') as each_value,
        to_months(rules.re_entry_months) + to_days(rules.re_entry_days) + to_hours(rules.re_entry_hours) as gap
    from activation.due_steps as due_steps
    inner join activation.scenario_rules as rules on due_steps.scenario_id = rules.scenario_id
    where due_steps.step_no = 1 and (rules.enters_once or rules.re_entry_days is not null)
),
near as (
    select distinct due.scenario_id, due.match_key
    from due
    inner join activation.entries as entries
        on due.scenario_id = entries.scenario_id and due.customer_id = entries.customer_id
        and coalesce(entries.each_value = due.each_value, true)
    where due.enters_once or due.match_key = entries.match_key
        or (due.triggered_at < entries.triggered_at + due.gap and entries.triggered_at < due.triggered_at + due.gap)
),
free as (
    select
        due.*,
        row_number() over (
            partition by due.scenario_id, due.customer_id, due.each_value
            order by due.triggered_at nulls last, due.match_key nulls last
        ) as position
    from due
    left join near on due.scenario_id = near.scenario_id and due.match_key = near.match_key
    where near.match_key is null
)
select scenario_id, customer_id, match_key, triggered_at, each_value from free where position = 1
