with

attributes as (
    select * from {{ ref('int_core__external_attributes') }}
    where {{ is_published_attribute('name') }}
),

external_attributes as (
    select
        attributes.customer_id,
        attributes.name,
        attributes.value,
        attributes.updated_at
    from attributes
)

select * from external_attributes
