{{ config(materialized='view') }}

with

origins as (
    select * from {{ ref('int_core__attribute_origins') }}
),

by_attribute as (
    {% for attribute in person_attribute_columns() -%}
    select
        customer_id,
        '{{ attribute }}' as attribute,
        source,
        record_status,
        record_kind,
        record_hash,
        updated_at,
        {{ attribute }}_decided_by as decided_by,
        {{ attribute }}_others as other_records,
        {{ attribute }}_disagreeing as disagreeing_records,
        _batch
    from origins
    where {{ attribute }}_decided_by is not null
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
),

attribute_sources as (
    select
        by_attribute.customer_id,
        by_attribute.attribute,
        by_attribute.source,
        by_attribute.record_status,
        by_attribute.record_kind,
        by_attribute.record_hash,
        by_attribute.updated_at,
        rules.priority,
        rules.choose,
        by_attribute.decided_by,
        cast(by_attribute.other_records as bigint) as other_records,
        cast(by_attribute.disagreeing_records as bigint) as disagreeing_records,
        by_attribute._batch
    from by_attribute
    inner join {{ ref('survivorship_rules') }} as rules
        on by_attribute.attribute = rules.attribute
        and by_attribute.source = rules.source
        and by_attribute.record_status = rules.record_status
)

select * from attribute_sources
