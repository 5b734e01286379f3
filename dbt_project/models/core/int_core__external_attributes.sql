{{ config(materialized='view') }}

with

told as (
    select
        {{ identifier_key(identifier_hash_of('staged.identifier_kind', 'staged.identifier')) }} as identifier_key,
        staged.name,
        staged.value,
        staged.updated_at,
        staged.identifier_kind
    from {{ ref('stg_external_attributes') }} as staged
    where staged.value is not null
),

won_by as (
    select
        {{ key_of('member_id', 'members.member_id') }} as identifier_key,
        'acquisition_channel' as name,
        lower(trim(members.acquisition_channel)) as value,
        members.registered_at
    from {{ ref('stg_members') }} as members
    where members.acquisition_channel is not null
),

-- of several, the newest word of another system holds, and the channel that won the person first
ranked as (
    select
        identity_map.customer_id,
        told.name,
        told.value,
        told.updated_at,
        row_number() over (
            partition by identity_map.customer_id, told.name
            order by told.updated_at desc nulls last, told.identifier_kind asc nulls last, told.identifier_key asc nulls last
        ) as position
    from told
    inner join {{ ref('identity_map') }} as identity_map on told.identifier_key = identity_map.identifier_key
    where identity_map.customer_id is not null
    union all
    select
        identity_map.customer_id,
        won_by.name,
        won_by.value,
        won_by.registered_at as updated_at,
        row_number() over (
            partition by identity_map.customer_id, won_by.name
            order by won_by.registered_at asc nulls last, won_by.identifier_key asc nulls last
        ) as position
    from won_by
    inner join {{ ref('identity_map') }} as identity_map on won_by.identifier_key = identity_map.identifier_key
    where identity_map.customer_id is not null
),

external_attributes as (
    select
        ranked.customer_id,
        ranked.name,
        ranked.value,
        ranked.updated_at
    from ranked
    where ranked.position = 1
)

select * from external_attributes
