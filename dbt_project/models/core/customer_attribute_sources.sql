{{ config(materialized='view') }}

with

customer_attribute_sources as (
    select
        customer_id,
        attribute,
        source,
        record_status,
        record_kind,
        record_hash,
        updated_at,
        priority,
        choose,
        decided_by,
        other_records,
        disagreeing_records
    from {{ ref('int_core__attribute_sources') }}
)

select * from customer_attribute_sources
