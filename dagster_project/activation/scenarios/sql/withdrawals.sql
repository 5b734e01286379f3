-- Rows listed ahead of time whose send time is still to come, looked at again: who has bought since the trigger (receipts may
-- come to light after a list was made), has withdrawn consent, or is gone. Conditions are asked of the rows of `waiting`
-- afterwards, so it has what due steps have: moments, and what the trigger (not the message) is about.
create or replace table activation.waiting as
select
    steps.feed_row_id, steps.scenario_id, steps.step, coalesce(persons.customer_id, steps.customer_id) as customer_id,
    steps.channel, coalesce(steps.since_at, steps.triggered_at) as triggered_at, steps.previous_at,
    todays_key(steps.match_key, steps.trigger, coalesce(persons.customer_id, steps.customer_id)) as match_key,
    -- Ledgers of earlier versions do not say what it was about.
    case when steps.about is null then steps.product_id else steps.about.product_id end as product_id,
    steps.about.brand_id as brand_id, steps.about.content_id as content_id, steps.about.store_id as store_id,
    steps.about.campaign_id as campaign_id
from activation.ledger_scenario_steps as steps
left join activation.persons_since as persons
    on steps.customer_id = persons.alias_id and persons.until_on is null
left join activation.ledger_withdrawals as withdrawn on steps.feed_row_id = withdrawn.feed_row_id
where steps.is_earlier and not steps.holdout and steps.send_at > $cut_off_at and withdrawn.feed_row_id is null;

create or replace table activation.withdrawn as
with reasons as (
    select waiting.feed_row_id, 'erased' as reason, 0 as position
    from activation.waiting as waiting
    left join insights.customers as customers on waiting.customer_id = customers.customer_id
    where customers.customer_id is null
    union all
    select waiting.feed_row_id, 'erased', 0
    from activation.waiting as waiting
    inner join identity.identity_map as identity_map on waiting.customer_id = identity_map.customer_id
    inner join core.int_core__privacy_requests as requests on identity_map.identifier_key = requests.identifier_key
    where requests.kind = 'erase' and requests.requested_at < $cut_off_at
    union all
    select waiting.feed_row_id, exits.reason, exits.position
    from activation.waiting as waiting
    inner join activation.exit_rules as exits
        on waiting.scenario_id = exits.scenario_id and exits.kind = 'purchase'
        and (exits.step is null or exits.step = waiting.step)
    inner join core.orders as orders
        on waiting.customer_id = orders.customer_id and orders.ordered_at > waiting.triggered_at
    where (orders.is_counted or (exits.with_trials and orders.is_trial)) and orders.ordered_at < $cut_off_at
    union all
    select waiting.feed_row_id, exits.reason, exits.position
    from activation.waiting as waiting
    inner join activation.exit_rules as exits
        on waiting.scenario_id = exits.scenario_id and exits.kind = 'product_purchase'
        and (exits.step is null or exits.step = waiting.step)
    inner join core.order_items as items
        on waiting.customer_id = items.customer_id and waiting.product_id = items.product_id
        and items.ordered_at > waiting.triggered_at
    where items.is_counted and items.ordered_at < $cut_off_at
    union all
    select waiting.feed_row_id, exits.reason, exits.position
    from activation.waiting as waiting
    inner join activation.exit_rules as exits
        on waiting.scenario_id = exits.scenario_id and exits.kind = 'cart_emptied'
        and (exits.step is null or exits.step = waiting.step)
    inner join activation.triggers as triggers
        on waiting.scenario_id = triggers.scenario_id and waiting.match_key = triggers.match_key
    where triggers.cart_emptied_at is not null
    union all
    -- A cart is timed by its last add: with a later one its reminders begin anew.
    select waiting.feed_row_id, 'cart_renewed', 1001
    from activation.waiting as waiting
    inner join activation.scenario_rules as rules
        on waiting.scenario_id = rules.scenario_id and rules.trigger_kind = 'cart_left'
    semi join core.touchpoints as adds
        on waiting.customer_id = adds.customer_id and adds.action = 'add_to_cart'
        and adds.occurred_at > waiting.triggered_at and adds.occurred_at < $cut_off_at
    union all
    select waiting.feed_row_id, 'consent', 1000
    from activation.waiting as waiting
    inner join insights.customers as customers on waiting.customer_id = customers.customer_id
    where not coalesce(case waiting.channel
        when 'email' then customers.consent_email
        when 'line' then customers.consent_line
        when 'sms' then customers.consent_sms
        when 'push' then customers.consent_push
        when 'dm' then customers.consent_dm
        else true
    end, false)
)
select feed_row_id, reason, position from reasons
