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

-- Since when an anchor belongs to whom it belongs to now, and to whom before that.
last_changes as (
    select
        moves.identifier_key,
        moves.from_key,
        {{ as_of() }} as since
    from {{ ref('int_identity__moves') }} as moves
    union all
    select
        before.identifier_key,
        before.from_key,
        before.since
    from {{ source('run', 'identity_map_before') }} as before
    where not exists (
        select moves.identifier_key
        from {{ ref('int_identity__moves') }} as moves
        where moves.identifier_key = before.identifier_key
    )
),

-- Every id ever published, and today's.
ids as (
    select
        coalesce(persons.customer_id, published_ids.customer_id) as alias_id,
        coalesce(persons.anchor_key, published_ids.anchor_key) as anchor_key,
        coalesce(published_ids.first_as_of, {{ as_of() }}) as first_published_on
    from persons
    full outer join published_ids on published_ids.customer_id = persons.customer_id
),

erased as (
    select distinct erased_customers.customer_id from {{ source('run', 'erased_customers') }} as erased_customers
),

customer_aliases as (
    select
        ids.alias_id,
        identity_map.customer_id,
        coalesce(
            last_changes.since,
            case when identity_map.customer_id = ids.alias_id then ids.first_published_on end,
            {{ as_of() }}
        ) as since,
        case
            when identity_map.identifier_key is null and erased.customer_id is not null then 'erased'
            when identity_map.identifier_key is null then 'withdrawn'
            when identity_map.customer_id is null then 'blocked'
            when identity_map.customer_id <> ids.alias_id then 'merged'
            when last_changes.from_key <> ids.anchor_key then 'split'
            else 'current'
        end as why,
        ids.first_published_on
    from ids
    left join identity_map on identity_map.identifier_key = ids.anchor_key
    left join last_changes on last_changes.identifier_key = ids.anchor_key
    left join erased on erased.customer_id = ids.alias_id
)

select * from customer_aliases
