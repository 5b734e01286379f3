with

recommended as (
    {{ recommended_at(as_of()) }}
),

recommendations as (
    select
        scope.customer_id,
        recommended.kind,
        recommended.product_id,
        cast(recommended.position as bigint) as position,
        recommended.reason
    from recommended
    inner join {{ ref('int_insights__recommendation_scope') }} as scope on recommended.asked_no = scope.asked_no
)

select * from recommendations
