with

overrides as (
    select * from {{ ref('identity_overrides') }}
),

read_values as (
    select
        overrides.left_kind,
        coalesce(left_read.value, overrides.left_value) as left_value,
        overrides.right_kind,
        coalesce(right_read.value, overrides.right_value) as right_value,
        overrides.action
    from overrides
    {{ join_rule_value('left_read', 'overrides.left_kind', 'overrides.left_value') }}
    {{ join_rule_value('right_read', 'overrides.right_kind', 'overrides.right_value') }}
),

hashed as (
    select
        {{ identifier_key(identifier_hash_of('read_values.left_kind', 'read_values.left_value')) }} as left_key,
        {{ identifier_key(identifier_hash_of('read_values.right_kind', 'read_values.right_value')) }} as right_key,
        read_values.action
    from read_values
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
