with

recommended as (
    {{ recommended_at(as_of()) }}
),

recommendations as (
    select
        recommended.customer_id,
        recommended.kind,
        recommended.product_id,
        cast(recommended.position as bigint) as position,
        recommended.reason
    from recommended
)

select * from recommendations
