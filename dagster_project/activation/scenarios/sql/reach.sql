-- Of the customers with a due trigger: the clock they live by, when and where they open most, whether they are to be erased.
create or replace table activation.people as
with triggered as (
    select distinct customer_id from activation.triggers
),
erased as (
    select distinct identity_map.customer_id
    from core.int_core__privacy_requests as requests
    inner join identity.identity_map as identity_map on requests.identifier_key = identity_map.identifier_key
    where requests.kind = 'erase' and requests.requested_at < $cut_off_at
)
select
    customers.customer_id,
    coalesce(zones.zone, 'Asia/Tokyo') as zone,
    customers.best_channel,
    customers.best_hour,
    erased.customer_id is not null as is_erased
from triggered
inner join insights.customers as customers on triggered.customer_id = customers.customer_id
left join activation.time_zones as zones on customers.customer_id = zones.customer_id
left join erased on customers.customer_id = erased.customer_id;

-- Which channels they consented to and can be reached by. Web pages and parcel inserts are our own surface: no consent is
-- asked, no address needed. No consent is recorded for messenger, phone and ad: blank is no.
create or replace table activation.reach as
with known as (
    select
        customers.*, len(customers.member_ids) > 0 as is_member,
        persons.email is not null as has_email, persons.phone is not null as has_phone,
        persons.line_user_id is not null as has_line,
        persons.postal_code is not null and persons.address is not null as has_postal_address
    from activation.people as people
    inner join insights.customers as customers on people.customer_id = customers.customer_id
    left join pii.person_attributes as persons on people.customer_id = persons.customer_id
),
channels as (
    select customer_id, 'email' as channel, consent_email as has_consent, has_email as has_address from known
    union all
    select customer_id, 'line', consent_line, has_line from known
    union all
    select customer_id, 'sms', consent_sms, has_phone from known
    union all
    select customer_id, 'push', consent_push, is_member from known
    union all
    select customer_id, 'dm', consent_dm, has_postal_address from known
    union all
    select customer_id, 'web', true, true from known
    union all
    select customer_id, 'insert', true, true from known
)
select
    customer_id,
    channel,
    coalesce(has_consent, false) as has_consent,
    coalesce(has_address, false) as has_address
from channels
