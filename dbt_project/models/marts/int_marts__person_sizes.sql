with

-- by the person's number: texts would take three times as long to group
held as (
    select
        identity_map.anchor_key,
        cast(count(*) as bigint) as identifiers,
        cast(count(case when not kinds.is_weak then 1 end) as bigint) as strong_identifiers
        {%- for kind in identifier_kinds() %},
        cast(count(case when identity_map.identifier_kind = '{{ kind }}' then 1 end) as bigint) as {{ kind }}s
        {%- endfor %}
    from {{ ref('identity_map') }} as identity_map
    inner join {{ ref('identity_kinds') }} as kinds on identity_map.identifier_kind = kinds.kind
    where not identity_map.is_visitor
    group by identity_map.anchor_key
),

person_sizes as (
    select
        persons.customer_id,
        persons.first_seen_at,
        held.identifiers,
        held.strong_identifiers
        {%- for kind in identifier_kinds() %},
        held.{{ kind }}s
        {%- endfor %}
    from held
    inner join {{ ref('persons') }} as persons on held.anchor_key = persons.anchor_key
    where persons.first_seen_at < {{ as_of_end_at() }}
)

select * from person_sizes
