{{ config(materialized='table') }}

with

-- An id follows from its anchor, so persons are compared by that, which is a number.
parts as (
    {{ differing_parts(source('run', 'published_ids'), ref('persons'), ['anchor_key']) }}
),

held as (
    select persons.anchor_key
    from {{ ref('persons') }} as persons
    where {{ of_parts('persons.anchor_key') }}
),

gone as (
    select
        published_ids.customer_id as alias_id,
        published_ids.anchor_key,
        published_ids.first_as_of as first_published_on
    from {{ source('run', 'published_ids') }} as published_ids
    where {{ of_parts('published_ids.anchor_key') }}
        and not exists (select 1 from held where held.anchor_key = published_ids.anchor_key)
),

-- An anchor that a person has is that person's; whose the others are by now, is asked of them alone.
given_up as (
    select
        identity_map.identifier_key,
        identity_map.customer_id
    from {{ ref('identity_map') }} as identity_map
    where identity_map.identifier_key in (select gone.anchor_key from gone)
),

last_changes as (
    select
        changes.identifier_key,
        changes.since
    from {{ ref('int_identity__last_changes') }} as changes
    where changes.identifier_key in (select gone.anchor_key from gone)
),

erased as (
    select distinct erased_customers.customer_id from {{ source('run', 'erased_customers') }} as erased_customers
),

gone_ids as (
    select
        gone.alias_id,
        given_up.customer_id,
        coalesce(last_changes.since, {{ as_of() }}) as since,
        case
            when given_up.identifier_key is null and erased.customer_id is not null then 'erased'
            when given_up.identifier_key is null then 'withdrawn'
            when given_up.customer_id is null then 'blocked'
            else 'merged'
        end as why,
        gone.first_published_on
    from gone
    left join given_up on given_up.identifier_key = gone.anchor_key
    left join last_changes on last_changes.identifier_key = gone.anchor_key
    left join erased on erased.customer_id = gone.alias_id
)

select * from gone_ids
