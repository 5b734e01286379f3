{{ config(materialized='view') }}

with

paired as (
    {{ recommended_at(as_of(), ['pairs_with_store']) }}
),

recommendations as (
    select
        kept.customer_id,
        kept.kind,
        kept.product_id,
        kept.position,
        kept.reason
    from {{ ref('int_insights__kept_recommendations') }} as kept
    union all
    select
        scope.customer_id,
        paired.kind,
        paired.product_id,
        cast(paired.position as bigint) as position,
        paired.reason
    from paired
    inner join {{ ref('int_insights__recommendation_scope') }} as scope on paired.asked_no = scope.asked_no
)

select * from recommendations
