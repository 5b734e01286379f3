-- Whom a message would not do good: channel null is every channel.
create or replace table activation.poor_quality as
with parties as (
    select party_customers.party_key, party_customers.customer_id
    from core.party_customers as party_customers
    semi join activation.people as people on party_customers.customer_id = people.customer_id
),
bouncing as (
    select distinct parties.customer_id
    from core.int_core__message_events as events
    inner join parties on events.party_key = parties.party_key
    where events.action = 'message_bounced' and events.occurred_at < $cut_off_at
),
keys as (
    select
        persons.customer_id,
        cast('0x' || substr(sha256($salt || '|email|' || case
            when $gmail_aliases and split_part(persons.email, '@', 2) in ('gmail.com', 'googlemail.com')
                then replace(split_part(split_part(persons.email, '@', 1), '+', 1), '.', '') || '@gmail.com'
            else persons.email
        end), 1, 15) as bigint) as email_key,
        cast('0x' || substr(sha256($salt || '|phone|' || persons.phone), 1, 15) as bigint) as phone_key,
        cast('0x' || substr(sha256($salt || '|line_user_id|' || persons.line_user_id), 1, 15) as bigint) as line_key
    from bouncing
    inner join pii.person_attributes as persons on bouncing.customer_id = persons.customer_id
),
-- What came of messages to the address that the customer has today; an event that names none counts too.
fates as (
    select
        bouncing.customer_id, events.channel, events.occurred_at, events.message_id,
        events.action = 'message_bounced' as is_bounce
    from core.int_core__message_events as events
    inner join parties on events.party_key = parties.party_key
    inner join bouncing on parties.customer_id = bouncing.customer_id
    inner join keys on bouncing.customer_id = keys.customer_id
    where events.action in ('message_bounced', 'message_delivered', 'message_opened', 'message_clicked')
        and events.occurred_at < $cut_off_at
        and coalesce(events.email_key = keys.email_key, true)
        and coalesce(events.phone_key = keys.phone_key, true)
        and coalesce(events.line_key = keys.line_key, true)
),
reached as (
    select customer_id, channel, max(occurred_at) as reached_at
    from fates
    where not is_bounce
    group by customer_id, channel
),
dead as (
    select fates.customer_id, fates.channel
    from fates
    left join reached on fates.customer_id = reached.customer_id and fates.channel = reached.channel
    where fates.is_bounce and (reached.reached_at is null or fates.occurred_at > reached.reached_at)
    group by fates.customer_id, fates.channel
    having count(distinct fates.message_id) >= $quality_bounces
),
oversized as (
    select identity_map.customer_id
    from identity.identity_map as identity_map
    inner join activation.people as people on identity_map.customer_id = people.customer_id
    inner join rules.identity_kinds as kinds on identity_map.identifier_kind = kinds.kind
    where not kinds.is_weak
    group by identity_map.customer_id
    having count(*) > $quality_max_identifiers
),
found as (
    select customer_id, channel, 'bounced' as detail from dead
    union all
    select customer_id, null, 'oversized' from oversized
)
select * from found
