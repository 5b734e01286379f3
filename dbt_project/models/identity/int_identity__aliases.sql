{# A view, so that an hourly run, which asks for ids that are others by now, need not put together those of everybody. #}
{{ config(materialized='view') }}

with

gone_ids as (
    select * from {{ ref('int_identity__gone_ids') }}
),

current_ids as (
    select
        persons.customer_id as alias_id,
        persons.customer_id,
        coalesce(last_changes.since, published_ids.first_as_of, {{ as_of() }}) as since,
        case when last_changes.from_key <> persons.anchor_key then 'split' else 'current' end as why,
        coalesce(published_ids.first_as_of, {{ as_of() }}) as first_published_on
    from {{ ref('persons') }} as persons
    left join {{ source('run', 'published_ids') }} as published_ids on published_ids.anchor_key = persons.anchor_key
    left join {{ ref('int_identity__last_changes') }} as last_changes on last_changes.identifier_key = persons.anchor_key
),

aliases as (
    select * from gone_ids
    union all
    select * from current_ids
)

select * from aliases
