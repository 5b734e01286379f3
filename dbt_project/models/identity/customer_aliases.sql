with

customer_aliases as (
    select * from {{ ref('int_identity__aliases') }}
)

select * from customer_aliases
