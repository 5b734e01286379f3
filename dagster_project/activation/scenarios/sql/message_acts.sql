-- What customers did with the messages that some scenario asks about: found by feed row, else by scenario, step and customer.
create or replace temp table message_words as
select
    events.source_key, events.scenario_id, events.step, events.feed_row_id, events.occurred_at, events.party_key,
    events.action = 'message_clicked' as is_click
from core.int_core__message_events as events
where events.action in ('message_opened', 'message_clicked') and events.occurred_at < $cut_off_at
    and (
        events.feed_row_id is not null
        or events.scenario_id in (select messages_asked.asked_id from activation.messages_asked as messages_asked)
    );

insert into activation.message_acts by name
with asked as (
    select distinct asked_id from activation.messages_asked
),
sent as (
    select settled.*, products.brand_id
    from settled_steps as settled
    inner join asked on settled.scenario_id = asked.asked_id
    left join staging.stg_products as products on settled.product_id = products.product_id
    where settled.feed_row_id is not null
),
events as (
    select words.*, parties.customer_id
    from message_words as words
    inner join core.party_customers as parties on words.party_key = parties.party_key
    where parties.customer_id is not null
),
of_rows as (
    select
        sent.scenario_id, sent.step, sent.customer_id, sent.match_key, sent.product_id, sent.brand_id, events.is_click,
        events.occurred_at
    from events
    inner join sent on events.feed_row_id = sent.feed_row_id
),
of_steps as (
    select
        events.scenario_id, events.step, events.customer_id, events.is_click, events.occurred_at,
        arg_max(sent.match_key, (sent.send_at, sent.match_key)) as match_key,
        arg_max(sent.product_id, (sent.send_at, sent.match_key)) as product_id,
        arg_max(sent.brand_id, (sent.send_at, sent.match_key)) as brand_id
    from events
    inner join asked on events.scenario_id = asked.asked_id
    left join sent
        on events.scenario_id = sent.scenario_id and events.step = sent.step and events.customer_id = sent.customer_id
        and sent.send_at <= events.occurred_at
    where events.feed_row_id is null
    group by events.source_key, events.scenario_id, events.step, events.customer_id, events.is_click, events.occurred_at
),
found as (
    select * from of_rows
    union all by name
    select * from of_steps
)
-- Who clicked has opened.
select * exclude (is_click), 'opened' as event from found
union all by name
select * exclude (is_click), 'clicked' as event from found where is_click
