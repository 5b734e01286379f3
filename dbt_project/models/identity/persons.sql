{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail', pre_hook="{{ forget_changed_persons() }}"
) }}

with

assignments as (
    select * from {{ ref('int_identity__assignments') }}
    where anchor_key is not null and {{ of_changed_persons('anchor_key') }}
),

members as (
    select
        assignments.anchor_key,
        min(identifiers.first_seen_at) as first_seen_at,
        count(*) as identifiers
    from assignments
    inner join {{ ref('identifiers') }} as identifiers on identifiers.identifier_key = assignments.identifier_key
    group by assignments.anchor_key
),

persons as (
    select
        'c' || left({{ identifier_hash('customer', 'anchors.identifier_hash') }}, 24) as customer_id,
        members.anchor_key,
        anchors.is_weak as is_visitor,
        members.first_seen_at,
        cast(members.identifiers as bigint) as identifiers,
        '{{ invocation_id }}' as _batch
    from members
    inner join {{ ref('identifiers') }} as anchors on anchors.identifier_key = members.anchor_key
)

select * from persons
