{{ config(materialized='view') }}

with

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
)

select * from last_changes
