with

largest as (
    select *
    from {{ ref('int_marts__person_sizes') }}
    order by strong_identifiers desc nulls last, identifiers desc nulls last, customer_id asc nulls last
    limit 20
),

identity_largest_persons as (
    select
        cast(
            row_number() over (order by strong_identifiers desc nulls last, identifiers desc nulls last, customer_id asc nulls last)
            as bigint
        ) as position,
        customer_id,
        first_seen_at,
        identifiers,
        strong_identifiers
        {%- for kind in identifier_kinds() %},
        {{ kind }}s
        {%- endfor %}
    from largest
)

select * from identity_largest_persons
