-- Of the customers with a due trigger: which channels they consented to and can be reached by. Web pages and parcel inserts
-- are our own surface: no consent is asked, no address needed. No consent is recorded for messenger, phone and ad: blank is no.
create or replace table activation.reach as
with triggered as (
    select distinct customer_id from activation.triggers
),
people as (
    select
        customers.*, len(customers.member_ids) > 0 as is_member,
        persons.email is not null as has_email, persons.phone is not null as has_phone,
        persons.line_user_id is not null as has_line,
        persons.postal_code is not null and persons.address is not null as has_postal_address
    from triggered
    inner join insights.customers as customers on triggered.customer_id = customers.customer_id
    left join pii.person_attributes as persons on triggered.customer_id = persons.customer_id
),
channels as (
    select customer_id, 'email' as channel, consent_email as has_consent, has_email as has_address from people
    union all
    select customer_id, 'line', consent_line, has_line from people
    union all
    select customer_id, 'sms', consent_sms, has_phone from people
    union all
    select customer_id, 'push', consent_push, is_member from people
    union all
    select customer_id, 'dm', consent_dm, has_postal_address from people
    union all
    select customer_id, 'web', true, true from people
    union all
    select customer_id, 'insert', true, true from people
)
select
    customer_id,
    channel,
    coalesce(has_consent, false) as has_consent,
    coalesce(has_address, false) as has_address
from channels
