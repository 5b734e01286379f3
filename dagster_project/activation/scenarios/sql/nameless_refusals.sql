-- Refusals that name nobody, with the row of a list that they were sent for, their own or the only one of their message.
create or replace temp table nameless_refusals as
with refusals as (
    select source_key, message_id, feed_row_id
    from core.int_core__message_events
    where party_key is null and action in ('message_unsubscribed', 'message_complained')
),
rows_of_messages as (
    select events.message_id, any_value(events.feed_row_id) as feed_row_id
    from core.int_core__message_events as events
    semi join refusals on events.message_id = refusals.message_id
    where events.feed_row_id is not null
    group by events.message_id
    having count(distinct events.feed_row_id) = 1
)
select refusals.source_key, refusals.message_id, coalesce(refusals.feed_row_id, messages.feed_row_id) as feed_row_id
from refusals
left join rows_of_messages as messages on refusals.message_id = messages.message_id;
