{#- Which source gives which acts and orders to which person; orders whether counted or not. -#}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_customers() }}") }}

with

{{ source_rows(touchpoints_to_read(), 'customer_id is not null and ' ~ of_changed_customers('customer_id')) }},

known as (
    select
        source_rows.*,
        persons.anchor_key as person_key,
        persons.is_visitor
    from source_rows
    inner join {{ ref('persons') }} as persons on source_rows.customer_id = persons.customer_id
),

origins as (
    select
        known.person_key,
        min(known.source) as source,
        cast(count(distinct known.origin) as bigint) as origins
    from known
    group by known.person_key
),

source_acts as (
    select
        known.customer_id,
        known.person_key,
        known.is_visitor,
        known.source,
        known.row_count,
        known.sold,
        origins.origins
    from known
    left join origins on known.person_key = origins.person_key and known.source = origins.source
)

select * from source_acts
