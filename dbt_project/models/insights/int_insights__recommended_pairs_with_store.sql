with

purchases as (
    select
        scope.as_of,
        scope.positions,
        orders.customer_id,
        items.product_id,
        max(orders.ordered_at) as last_at
    from {{ ref('orders') }} as orders
    inner join {{ ref('order_items') }} as items on orders.order_id = items.order_id
    inner join {{ ref('int_insights__recommendation_scope') }} as scope
        on
            orders.customer_id = scope.customer_id
            and orders.ordered_on <= scope.as_of
            and orders.ordered_on > {{ add_days('scope.as_of', '-' ~ setting('recommendation_store_days', 'integer')) }}
    where
        orders.is_counted
        and orders.channel = 'store'
        and orders.ordered_on > {{ add_days(backtest_day(), '-' ~ setting('recommendation_store_days', 'integer')) }}
    group by scope.as_of, scope.positions, orders.customer_id, items.product_id
),

newest as (
    select
        purchases.*,
        row_number() over (
            partition by purchases.as_of, purchases.customer_id
            order by purchases.last_at desc nulls last, purchases.product_id asc nulls last
        ) as product_place
    from purchases
),

partners as (
    select * from {{ ref('int_insights__recommendation_partners') }}
),

called as (
    select
        newest.as_of,
        newest.positions,
        newest.customer_id,
        partners.product_id,
        min(partners.place) as place
    from newest
    inner join partners
        on
            newest.as_of = partners.as_of
            and newest.product_id = partners.bought_id
            and partners.partner_place <= {{ setting('recommendation_candidates', 'integer') }}
    where newest.product_place <= {{ setting('recommendation_store_products', 'integer') }}
    group by newest.as_of, newest.positions, newest.customer_id, partners.product_id
),

wanted as (
    select
        called.*,
        row_number() over (
            partition by called.as_of, called.customer_id
            order by called.place asc nulls last
        ) as position
    from called
    left join {{ ref('int_insights__product_purchases') }} as bought
        on
            called.as_of = bought.as_of
            and called.customer_id = bought.customer_id
            and called.product_id = bought.product_id
            and bought.due_on > bought.as_of
    where bought.customer_id is null
),

receipts as (
    select
        orders.customer_id,
        orders.ordered_at,
        min(orders.store_id) as store_id
    from {{ ref('orders') }} as orders
    where orders.is_counted and orders.channel = 'store' and orders.customer_id is not null
    group by orders.customer_id, orders.ordered_at
),

recommended as (
    select
        wanted.as_of,
        wanted.customer_id,
        wanted.product_id,
        'bought ' || partners.bought_id || ' in store ' || receipts.store_id || '; lift '
        || cast(cast(partners.lift as decimal(18, 1)) as varchar) as reason,
        wanted.position
    from wanted
    inner join partners on wanted.as_of = partners.as_of and wanted.place = partners.place
    inner join newest
        on
            wanted.as_of = newest.as_of
            and wanted.customer_id = newest.customer_id
            and partners.bought_id = newest.product_id
    inner join receipts on newest.customer_id = receipts.customer_id and newest.last_at = receipts.ordered_at
    where wanted.position <= wanted.positions
)

select * from recommended
