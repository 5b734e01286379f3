with

attributes as (
    select * from {{ ref('int_core__external_attributes') }}
),

published as (
    select
        ' ' || coalesce({{ setting('published_attributes') }}, '') || ' ' as names
),

external_attributes as (
    select
        attributes.customer_id,
        attributes.name,
        attributes.value,
        attributes.updated_at
    from attributes
    cross join published
    where instr(published.names, ' ' || attributes.name || ' ') > 0
)

select * from external_attributes
