with

identity_map as (
    select * from {{ ref('identity_map') }}
),

persons as (
    select * from {{ ref('persons') }}
),

published_ids as (
    select
        published_ids.customer_id,
        published_ids.anchor_key,
        min(published_ids.first_as_of) as first_as_of
    from {{ source('run', 'published_ids') }} as published_ids
    group by published_ids.customer_id, published_ids.anchor_key
),

-- Every id ever published, and today's.
ids as (
    select
        coalesce(persons.customer_id, published_ids.customer_id) as alias_id,
        coalesce(persons.anchor_key, published_ids.anchor_key) as anchor_key,
        coalesce(published_ids.first_as_of, {{ as_of() }}) as since
    from persons
    full outer join published_ids on published_ids.customer_id = persons.customer_id
),

customer_aliases as (
    select
        ids.alias_id,
        identity_map.customer_id,
        ids.since,
        case
            when identity_map.identifier_key is null then 'withdrawn'
            when identity_map.customer_id is null then 'blocked'
            when identity_map.customer_id = ids.alias_id then 'current'
            else 'merged'
        end as why
    from ids
    left join identity_map on identity_map.identifier_key = ids.anchor_key
)

select * from customer_aliases
