with

customers as (
    select
        persons.customer_id,
        persons.first_seen_at
    from {{ ref('persons') }} as persons
    where not persons.is_visitor
        and persons.first_seen_at < {{ as_of_end_at() }}
),

held as (
    select
        identity_map.customer_id,
        identity_map.identifier_kind,
        kinds.is_weak
    from {{ ref('identity_map') }} as identity_map
    inner join {{ ref('identity_kinds') }} as kinds on identity_map.identifier_kind = kinds.kind
),

person_sizes as (
    select
        customers.customer_id,
        min(customers.first_seen_at) as first_seen_at,
        cast(count(*) as bigint) as identifiers,
        cast(count(case when not held.is_weak then 1 end) as bigint) as strong_identifiers
        {%- for kind in identifier_kinds() %},
        cast(count(case when held.identifier_kind = '{{ kind }}' then 1 end) as bigint) as {{ kind }}s
        {%- endfor %}
    from customers
    inner join held on customers.customer_id = held.customer_id
    group by customers.customer_id
)

select * from person_sizes
