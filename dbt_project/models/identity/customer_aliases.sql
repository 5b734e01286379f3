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
        published_ids.first_as_of
    from {{ source('run', 'published_ids') }} as published_ids
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
        coalesce(published_ids.first_as_of, {{ as_of() }}) as first_published_on,
        persons.customer_id is not null as is_there
    from persons
    full outer join published_ids on published_ids.customer_id = persons.customer_id
),

-- An anchor that a person has is that person's; whose the others are by now, is asked of them alone.
given_up as (
    select
        identity_map.identifier_key,
        identity_map.customer_id
    from identity_map
    where identity_map.identifier_key in (select ids.anchor_key from ids where not ids.is_there)
),

erased as (
    select distinct erased_customers.customer_id from {{ source('run', 'erased_customers') }} as erased_customers
),

customer_aliases as (
    select
        ids.alias_id,
        case when ids.is_there then ids.alias_id else given_up.customer_id end as customer_id,
        coalesce(
            last_changes.since,
            case when ids.is_there then ids.first_published_on end,
            {{ as_of() }}
        ) as since,
        case
            when ids.is_there and last_changes.from_key <> ids.anchor_key then 'split'
            when ids.is_there then 'current'
            when given_up.identifier_key is null and erased.customer_id is not null then 'erased'
            when given_up.identifier_key is null then 'withdrawn'
            when given_up.customer_id is null then 'blocked'
            else 'merged'
        end as why,
        ids.first_published_on
    from ids
    left join given_up on given_up.identifier_key = ids.anchor_key
    left join last_changes on last_changes.identifier_key = ids.anchor_key
    left join erased on erased.customer_id = ids.alias_id
)

select * from customer_aliases
