with

newest as (
    select changed.customer_id
    from {{ ref('int_core__changed_customers') }} as changed
    where changed.change_no = (select max(log.change_no) from {{ ref('int_core__changed_customers') }} as log)
),

touchpoints as (
    select touchpoints.*
    from {{ ref('touchpoints') }} as touchpoints
    where touchpoints.customer_id in (select newest.customer_id from newest where newest.customer_id is not null)
        and touchpoints.occurred_at < {{ as_of_end_at() }}
)

select * from touchpoints
