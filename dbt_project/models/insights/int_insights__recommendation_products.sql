with

days as (
    select {{ as_of() }} as as_of
    union all
    select {{ backtest_day() }} as as_of
),

sold as (
    select
        days.as_of,
        lines.product_id,
        count(*) as lines
    from {{ ref('order_items') }} as lines
    inner join days
        on
            {{ tokyo_day('lines.ordered_at') }} <= days.as_of
            and {{ tokyo_day('lines.ordered_at') }} > {{ add_days('days.as_of', '-' ~ setting('pair_window_days', 'integer')) }}
    where lines.is_counted
    group by days.as_of, lines.product_id
),

offered as (
    select
        days.as_of,
        products.product_id,
        products.brand_id,
        products.category,
        products.launched_on,
        coalesce(sold.lines, 0) as lines
    from days
    inner join {{ ref('stg_products') }} as products
        on
            coalesce(products.launched_on <= days.as_of, true)
            and coalesce(products.withdrawn_on > days.as_of, true)
            and not coalesce(products.is_trial, false)
    left join sold on days.as_of = sold.as_of and products.product_id = sold.product_id
),

placed as (
    select
        cast(offered.as_of as date) as as_of,
        offered.product_id,
        offered.brand_id,
        offered.category,
        offered.launched_on,
        offered.lines,
        row_number() over (
            partition by offered.as_of
            order by offered.lines desc nulls last, offered.product_id asc nulls last
        ) as place,
        row_number() over (
            partition by offered.as_of, offered.category
            order by offered.lines desc nulls last, offered.product_id asc nulls last
        ) as category_place
    from offered
)

select * from placed
