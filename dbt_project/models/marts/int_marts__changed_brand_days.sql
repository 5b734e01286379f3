with newest as (
    select changed.customer_id
    from {{ ref('int_core__changed_customers') }} as changed
    where
        changed.change_no = {{ newest_change() }}
        and changed.customer_id is not null
),

brand_days as (
    select days.*
    from {{ ref('int_marts__brand_days') }} as days
    where days.customer_id in (select newest.customer_id from newest)
)

select * from brand_days
