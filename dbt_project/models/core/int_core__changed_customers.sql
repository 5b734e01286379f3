{#- Where so large a share of the customers has changed, forgetting them and making them again costs more than making all. -#}
{%- set largest_share = 0.3 -%}
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_old_changes(30) }}", post_hook="{{ settle_changes() }}"
) }}

with

-- depends_on: {{ ref('int_core__customer_order_items') }}
-- depends_on: {{ ref('int_core__attribute_records') }}, which reads a list that is emptied here
previous as (
    {% if is_incremental() -%}
    select
        max(log.change_no) as change_no,
        max_by(log.as_of_end_at, log.change_no) as as_of_end_at
    from {{ this }} as log
    {%- else -%}
    -- No number is given twice: tables may remember those of a log that is gone.
    select
        coalesce(max(held.change_no), 0) as change_no,
        cast(null as timestamp) as as_of_end_at
    from {{ source('run', 'changes_held') }} as held
    {%- endif %}
),

touched as (
    select customer_id from {{ source('run', 'touched_customers') }}
    union
    select touchpoints.customer_id
    from {{ ref('touchpoints') }} as touchpoints
    where touchpoints.customer_id is not null
        and touchpoints.occurred_at >= (select previous.as_of_end_at from previous)
        and touchpoints.occurred_at < {{ as_of_end_at() }}
    union
    select orders.customer_id
    from {{ ref('orders') }} as orders
    where orders.customer_id is not null
        and orders.ordered_at >= (select previous.as_of_end_at from previous)
        and orders.ordered_at < {{ as_of_end_at() }}
    union
    select known.customer_id
    from {{ ref('int_core__known_customers') }} as known
    where known.first_seen_at >= (select previous.as_of_end_at from previous)
        and known.first_seen_at < {{ as_of_end_at() }}
),

extent as (
    select
        coalesce(bool_or(touched.customer_id is null), false)
        or count(*) > {{ largest_share }} * (select count(*) from {{ ref('persons') }})
        or not coalesce((select previous.as_of_end_at <= {{ as_of_end_at() }} from previous), false) as is_everybody
    from touched
),

changed as (
    select '' as customer_id
    union all
    select cast(null as varchar) as customer_id from extent
    where extent.is_everybody
    union all
    select touched.customer_id from touched
    where not (select extent.is_everybody from extent)
),

changed_customers as (
    select
        previous.change_no + 1 as change_no,
        {{ as_of_end_at() }} as as_of_end_at,
        changed.customer_id
    from changed
    cross join previous
)

select * from changed_customers
