{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_items() }}") }}

with touchpoints as (
    select
        touchpoints.customer_id,
        touchpoints.occurred_on,
        touchpoints.content_id,
        case when acts.is_view then touchpoints.product_id end as product_id
    from {{ touchpoints_to_read() }} as touchpoints
    inner join {{ ref('rank_acts') }} as acts on touchpoints.action = acts.action
    where touchpoints.content_id is not null or (acts.is_view and touchpoints.product_id is not null)
),

items as (
    {% for kind in ['content', 'product'] -%}
    {{ 'union all' if not loop.first }}
    select
        touchpoints.customer_id,
        '{{ kind }}' as item_kind,
        touchpoints.{{ kind }}_id as item_id,
        max(touchpoints.occurred_on) as last_on
    from touchpoints
    where touchpoints.{{ kind }}_id is not null
    group by touchpoints.customer_id, touchpoints.{{ kind }}_id
    {% endfor %}
),

customer_items as (
    select
        items.*,
        {{ newest_change() }} as change_no
    from items
    inner join {{ ref('persons') }} as persons on items.customer_id = persons.customer_id
    where not persons.is_visitor
)

select * from customer_items
