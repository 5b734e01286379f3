with

-- Read once, for what was bought and for the store that the reason names.
receipts as (
    select
        scope.asked_no,
        scope.as_of,
        scope.positions,
        orders.order_id,
        orders.ordered_at,
        orders.store_id
    from {{ ref('orders') }} as orders
    inner join {{ ref('int_insights__recommendation_scope') }} as scope
        on
            orders.customer_id = scope.customer_id
            and orders.ordered_on <= scope.as_of
            and orders.ordered_on > {{ add_days('scope.as_of', '-' ~ setting('recommendation_store_days', 'integer')) }}
    where
        {{ is_store_receipt('orders') }}
        and orders.ordered_on > {{ add_days(backtest_day(), '-' ~ setting('recommendation_store_days', 'integer')) }}
),

purchases as (
    select
        receipts.asked_no,
        receipts.as_of,
        receipts.positions,
        items.product_id,
        max(receipts.ordered_at) as last_at
    from receipts
    inner join {{ ref('order_items') }} as items on receipts.order_id = items.order_id
    group by receipts.asked_no, receipts.as_of, receipts.positions, items.product_id
),

newest as (
    select
        purchases.*,
        row_number() over (
            partition by purchases.asked_no
            order by purchases.last_at desc nulls last, purchases.product_id asc nulls last
        ) as product_place
    from purchases
),

partners as (
    select * from {{ ref('int_insights__recommendation_partners') }}
),

lasting as (
    select
        bought.asked_no,
        bought.product_id
    from {{ ref('int_insights__product_purchases') }} as bought
    where bought.due_on > bought.as_of
),

-- No more partners of a product than can be needed when what still lasts is taken out: those before them come first in any case.
called as (
    select
        newest.asked_no,
        max(newest.as_of) as as_of,
        max(newest.positions) as positions,
        partners.product_id,
        min(partners.place) as place
    from newest
    inner join partners on newest.as_of = partners.as_of and newest.product_id = partners.bought_id
    left join (
        select
            lasting.asked_no,
            count(*) as products
        from lasting
        group by lasting.asked_no
    ) as counts on newest.asked_no = counts.asked_no
    where
        partners.partner_place <= newest.positions + coalesce(counts.products, 0)
        and newest.product_place <= {{ setting('recommendation_store_products', 'integer') }}
    group by newest.asked_no, partners.product_id
),

wanted as (
    select
        called.*,
        row_number() over (
            partition by called.asked_no
            order by called.place asc nulls last
        ) as position
    from called
    left join lasting on called.asked_no = lasting.asked_no and called.product_id = lasting.product_id
    where lasting.asked_no is null
),

stores as (
    select
        receipts.asked_no,
        receipts.ordered_at,
        min(receipts.store_id) as store_id
    from receipts
    group by receipts.asked_no, receipts.ordered_at
),

-- Each of the joins finds its row. As left ones they stay in this order: all partners of all that was bought are many more rows.
recommended as (
    select
        wanted.asked_no,
        wanted.as_of,
        wanted.product_id,
        'bought ' || partners.bought_id || ' in store ' || stores.store_id || '; lift '
        || cast(cast(partners.lift as decimal(18, 1)) as varchar) as reason,
        wanted.position
    from wanted
    left join partners on wanted.as_of = partners.as_of and wanted.place = partners.place
    left join newest on wanted.asked_no = newest.asked_no and partners.bought_id = newest.product_id
    left join stores on newest.asked_no = stores.asked_no and newest.last_at = stores.ordered_at
    where wanted.position <= wanted.positions
)

select * from recommended
