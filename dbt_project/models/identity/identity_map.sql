with

identifiers as (
    select * from {{ ref('identifiers') }}
),

assignments as (
    select * from {{ ref('int_identity__assignments') }}
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

        -- what the tables that are kept from run to run hold a row against
        assignments.anchor_key,
        persons.first_seen_at as person_first_seen_at,
        identifiers.is_blocklisted
    from identifiers
    inner join assignments on assignments.identifier_key = identifiers.identifier_key
    left join persons on persons.anchor_key = assignments.anchor_key
)

select * from identity_map
