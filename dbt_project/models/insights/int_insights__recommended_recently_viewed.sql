with

views as (
    select
        scope.asked_no,
        scope.as_of,
        scope.positions,
        touchpoints.product_id,
        count(*) as views,
        max(touchpoints.occurred_at) as last_at
    from {{ ref('touchpoints') }} as touchpoints
    inner join {{ ref('int_insights__recommendation_scope') }} as scope
        on
            touchpoints.customer_id = scope.customer_id
            and scope.is_only_for_pairs is not true
            and touchpoints.occurred_on <= scope.as_of
            and touchpoints.occurred_on > {{ add_days('scope.as_of', '-' ~ setting('recommendation_viewed_days', 'integer')) }}
    where
        {{ is_product_view('touchpoints') }}
        and touchpoints.occurred_on > {{ add_days(backtest_day(), '-' ~ setting('recommendation_viewed_days', 'integer')) }}
        and touchpoints.occurred_on <= {{ as_of() }}
    group by scope.asked_no, scope.as_of, scope.positions, touchpoints.product_id
),

-- Bought since the first of these days, or still lasting: not what he only looked at.
only_viewed as (
    select
        views.asked_no,
        views.as_of,
        views.positions,
        views.product_id,
        'viewed ' || cast(views.views as varchar) || ' times; last ' || cast({{ tokyo_day('views.last_at') }} as varchar) as reason,
        row_number() over (
            partition by views.asked_no
            order by views.last_at desc nulls last, views.views desc nulls last, views.product_id asc nulls last
        ) as position
    from views
    inner join {{ ref('int_insights__recommendation_products') }} as products
        on views.as_of = products.as_of and views.product_id = products.product_id
    left join {{ ref('int_insights__product_purchases') }} as bought
        on
            views.asked_no = bought.asked_no
            and views.product_id = bought.product_id
            and (
                bought.due_on > bought.as_of
                or bought.last_on > {{ add_days('bought.as_of', '-' ~ setting('recommendation_viewed_days', 'integer')) }}
            )
    where bought.asked_no is null
),

recommended as (
    select * from only_viewed
    where only_viewed.position <= only_viewed.positions
)

select * from recommended
