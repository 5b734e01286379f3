{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail', pre_hook="{{ forget_changed_nodes() }}"
) }}

with

identifiers as (
    select * from {{ ref('identifiers') }}
    where {{ of_changed_nodes('identifier_key') }}
),

assignments as (
    select * from {{ ref('int_identity__assignments') }}
    where {{ of_changed_nodes('identifier_key') }}
),

persons as (
    select * from {{ ref('persons') }}
),

identity_map as (
    select
        identifiers.identifier_key,
        identifiers.identifier_kind,
        identifiers.identifier_hash,
        persons.customer_id,
        persons.is_visitor,
        assignments.blocked_reason,
        identifiers.is_blocklisted,
        identifiers.first_landing_no,
        identifiers.first_landing_seen_ms,
        identifiers.first_seen_at,
        identifiers.last_seen_at,
        identifiers.sources,

        -- what a later run holds the row against
        assignments.anchor_key,
        persons.first_seen_at as person_first_seen_at,
        '{{ invocation_id }}' as _batch
    from identifiers
    inner join assignments on assignments.identifier_key = identifiers.identifier_key
    left join persons on persons.anchor_key = assignments.anchor_key
)

select * from identity_map
