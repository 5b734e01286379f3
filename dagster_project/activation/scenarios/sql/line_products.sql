-- To each product the one of its brand and line that is bought most, itself and trials left out; ties by product_id.
insert into activation.line_products by name
with triggering as (
    select distinct product_id from activation.triggers where product_id is not null
),
neighbours as (
    select products.product_id, others.product_id as other_product_id
    from triggering
    inner join staging.stg_products as products on triggering.product_id = products.product_id
    inner join staging.stg_products as others
        on products.brand_id = others.brand_id and products.line = others.line
        and products.product_id <> others.product_id
    where not coalesce(others.is_trial, false)
),
bought as (
    select items.product_id, count(*) as lines
    from core.order_items as items
    inner join (select distinct other_product_id from neighbours) as wanted
        on items.product_id = wanted.other_product_id
    where items.is_counted and items.ordered_at < $cut_off_at
    group by items.product_id
),
ranked as (
    select
        neighbours.*,
        row_number() over (
            partition by neighbours.product_id
            order by coalesce(bought.lines, 0) desc nulls last, neighbours.other_product_id nulls last
        ) as position
    from neighbours
    left join bought on neighbours.other_product_id = bought.product_id
)
select product_id, other_product_id from ranked where position = 1
