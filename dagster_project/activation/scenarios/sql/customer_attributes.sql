-- What variants may ask of the customers with a due trigger, one row per customer and attribute.
insert into activation.customer_attributes by name
with triggered as (
    select distinct customer_id from activation.triggers
),
people as (
    select customers.*
    from triggered
    inner join insights.customers as customers on triggered.customer_id = customers.customer_id
),
member_identifiers as (
    select identity_map.customer_id, identity_map.identifier_hash
    from identity.identity_map as identity_map
    inner join triggered on identity_map.customer_id = triggered.customer_id
    where identity_map.identifier_kind = 'member_id'
),
memberships as (
    select
        member_identifiers.customer_id, members.acquisition_channel,
        row_number() over (
            partition by member_identifiers.customer_id
            order by members.registered_at nulls last, members.member_id nulls last
        ) as position
    from staging.stg_members as members
    inner join member_identifiers
        on left(sha256($salt || '|member_id|' || members.member_id), 32) = member_identifiers.identifier_hash
    where members.acquisition_channel is not null
),
attributes as (
    select customer_id, 'acquisition_channel' as attribute, lower(trim(acquisition_channel)) as value
    from memberships
    where position = 1
    union all
    select customer_id, 'age_band', cast(age_band as varchar) from people
    union all
    select customer_id, 'gender', gender from people
    union all
    select customer_id, 'member_rank', member_rank from people
    union all
    select customer_id, 'prefecture', prefecture from people
    union all
    select customer_id, 'rf_segment', rf_segment from people
)
select * from attributes where value is not null
