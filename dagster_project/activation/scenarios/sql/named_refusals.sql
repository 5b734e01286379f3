create or replace table run.named_refusals as
with of_rows as (
    select nameless.source_key, ids.anchor_key as identifier_key
    from nameless_refusals as nameless
    inner join listed_rows on nameless.feed_row_id = listed_rows.feed_row_id
    inner join run.published_ids as ids on listed_rows.customer_id = ids.customer_id
),
-- A message id may stand for a whole campaign: it tells of somebody only where all its events are of one party.
of_messages as (
    select
        nameless.source_key,
        any_value(coalesce(events.member_key, events.email_key, events.phone_key, events.line_key)) as identifier_key
    from nameless_refusals as nameless
    inner join core.int_core__message_events as events on nameless.message_id = events.message_id
    where events.party_key is not null
    group by nameless.source_key
    having count(distinct events.party_key) = 1
)
select source_key, identifier_key from of_rows
union
select source_key, identifier_key from of_messages;

drop table nameless_refusals;
drop table listed_rows;
