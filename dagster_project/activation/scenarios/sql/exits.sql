-- Which of the exits that are words have come true for steps number $step_no since the trigger.
insert into activation.exits_met by name
with due as (
    select due_steps.*, rules.cut_off_at, rules.trigger_kind in ('cart_left', 'trial_arrived', 'order') as knows_purchase
    from activation.due_steps as due_steps
    inner join activation.scenario_rules as rules on due_steps.scenario_id = rules.scenario_id
    where due_steps.step_no = $step_no
),
asked as (
    select
        due.*, exits.position, exits.kind, exits.reason, exits.step is null as ends
    from due
    inner join activation.exit_rules as exits
        on due.scenario_id = exits.scenario_id and (exits.step is null or exits.step = due.step)
    where exits.kind in ('purchase', 'product_purchase', 'cart_emptied')
),
told as (
    select asked.*
    from asked
    inner join activation.triggers as triggers
        on asked.scenario_id = triggers.scenario_id and asked.match_key = triggers.match_key
    where (asked.kind = 'purchase' and asked.knows_purchase and triggers.purchased_at is not null)
        or (asked.kind = 'cart_emptied' and triggers.cart_emptied_at is not null)
),
bought as (
    select asked.*
    from asked
    where asked.kind = 'purchase' and not asked.knows_purchase
        and exists (
            select orders.order_id
            from core.orders as orders
            where orders.customer_id = asked.customer_id and orders.is_counted and orders.ordered_at > asked.since_at
                and orders.ordered_at < asked.cut_off_at
        )
),
bought_again as (
    select asked.*
    from asked
    where asked.kind = 'product_purchase'
        and exists (
            select items.order_id
            from core.order_items as items
            where items.customer_id = asked.customer_id and items.product_id = asked.product_id and items.is_counted
                and items.ordered_at > asked.since_at and items.ordered_at < asked.cut_off_at
        )
),
met as (
    select * from told
    union all
    select * from bought
    union all
    select * from bought_again
)
select scenario_id, step, match_key, position, reason, ends from met
