with

overrides as (
    select * from {{ ref('identity_overrides') }}
),

hashed as (
    select
        {{ identifier_key(identifier_hash_of('overrides.left_kind', 'overrides.left_value')) }} as left_key,
        {{ identifier_key(identifier_hash_of('overrides.right_kind', 'overrides.right_value')) }} as right_key,
        overrides.action
    from overrides
),

distinct_pairs as (
    select distinct
        least(hashed.left_key, hashed.right_key) as left_key,
        greatest(hashed.left_key, hashed.right_key) as right_key,
        hashed.action
    from hashed
    where hashed.left_key <> hashed.right_key
)

select * from distinct_pairs
