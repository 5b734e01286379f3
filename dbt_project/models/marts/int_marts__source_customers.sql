{#- Which source gives which rows to which customer: acts and orders, those of nobody known, records by their key. -#}
with

{{ source_rows(ref('touchpoints'), 'customer_id is null') }},

record_rows as (
    select
        records.source,
        records.source as origin,
        identity_map.customer_id,
        count(*) as row_count
    from {{ ref('int_core__records') }} as records
    left join {{ ref('identity_map') }} as identity_map on records.identifier_key = identity_map.identifier_key
    where records.recorded_at < {{ as_of_end_at() }}
    group by records.source, identity_map.customer_id
),

source_customers as (
    select source, origin, customer_id, row_count from {{ ref('int_marts__source_acts') }}
    union all
    select * from source_rows
    union all
    select * from record_rows
)

select * from source_customers
