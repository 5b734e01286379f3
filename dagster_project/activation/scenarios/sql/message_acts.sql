-- What customers did with the messages that some scenario asks about: found by feed row, else by another event of the same
-- message that names one, else by scenario, step and customer.
create or replace temp table named_messages as
with loose as (
    select distinct events.message_id
    from core.int_core__message_events as events
    where events.action in ('message_opened', 'message_clicked') and events.feed_row_id is null
        and events.occurred_at < $cut_off_at
)
select distinct events.message_id, events.feed_row_id
from core.int_core__message_events as events
semi join loose on events.message_id = loose.message_id
where events.feed_row_id is not null and events.occurred_at < $cut_off_at;

create or replace temp table message_words as
select
    events.source_key, events.message_id, events.scenario_id, events.step, events.feed_row_id, events.occurred_at,
    parties.customer_id, events.action = 'message_clicked' as is_click
from core.int_core__message_events as events
left join core.party_customers as parties on events.party_key = parties.party_key
where events.action in ('message_opened', 'message_clicked') and events.occurred_at < $cut_off_at
    and (
        events.feed_row_id is not null
        or events.scenario_id in (select messages_asked.asked_id from activation.messages_asked as messages_asked)
        or events.message_id in (select named_messages.message_id from named_messages as named_messages)
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
-- One message id may stand for a whole campaign; then it leads to a row only together with the customer.
of_messages as (
    select
        named.message_id, named.feed_row_id, sent.customer_id,
        count(*) over (partition by named.message_id) = 1 as is_only
    from named_messages as named
    left join sent on named.feed_row_id = sent.feed_row_id
),
named_words as (
    select words.source_key, words.feed_row_id, words.is_click, words.occurred_at
    from message_words as words
    where words.feed_row_id is not null
    union all
    select words.source_key, messages.feed_row_id, words.is_click, words.occurred_at
    from message_words as words
    inner join of_messages as messages
        on words.message_id = messages.message_id and words.customer_id = messages.customer_id
    where words.feed_row_id is null
    union all
    select words.source_key, messages.feed_row_id, words.is_click, words.occurred_at
    from message_words as words
    inner join of_messages as messages on words.message_id = messages.message_id and messages.is_only
    where words.feed_row_id is null and words.customer_id is null
),
of_rows as (
    select
        sent.scenario_id, sent.step, sent.customer_id, sent.match_key, sent.product_id, sent.brand_id, words.is_click,
        words.occurred_at
    from named_words as words
    inner join sent on words.feed_row_id = sent.feed_row_id
),
of_steps as (
    select
        words.scenario_id, words.step, words.customer_id, words.is_click, words.occurred_at,
        arg_max(sent.match_key, (sent.send_at, sent.match_key)) as match_key,
        arg_max(sent.product_id, (sent.send_at, sent.match_key)) as product_id,
        arg_max(sent.brand_id, (sent.send_at, sent.match_key)) as brand_id
    from message_words as words
    inner join asked on words.scenario_id = asked.asked_id
    left join sent
        on words.scenario_id = sent.scenario_id and words.step = sent.step and words.customer_id = sent.customer_id
        and sent.send_at <= words.occurred_at
    where words.customer_id is not null and words.source_key not in (select source_key from named_words)
    group by words.source_key, words.scenario_id, words.step, words.customer_id, words.is_click, words.occurred_at
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
