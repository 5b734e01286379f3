{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_asked() }}") }}

with

recommended as (
    {{ recommended_at(as_of(), kept_kinds()) }}
),

kept_recommendations as (
    select
        scope.customer_id,
        recommended.kind,
        recommended.product_id,
        cast(recommended.position as bigint) as position,
        recommended.reason,
        '{{ invocation_id }}' as _batch
    from recommended
    inner join {{ ref('int_insights__recommendation_scope') }} as scope on recommended.asked_no = scope.asked_no
)

select * from kept_recommendations
