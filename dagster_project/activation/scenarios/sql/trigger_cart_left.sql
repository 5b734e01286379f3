-- A cart is the adds since the last order, timed by the last add; the order after it or emptying it ends it.
-- A trial order ends it as well: who has bought what was in the cart must not be reminded of it.
create or replace temp table cart_customers as
with rules as (
    select * from activation.scenario_rules where trigger_kind = 'cart_left'
),
-- The last add of each cart, out of recent acts alone.
recent_adds as (
    select touchpoints.customer_id, touchpoints.occurred_at as acted_at, touchpoints.touchpoint_id as act_id
    from core.touchpoints as touchpoints
    semi join insights.customers as customers on touchpoints.customer_id = customers.customer_id
    where touchpoints.action = 'add_to_cart'
        and touchpoints.occurred_at >= (select min(reach_back_at) from rules) and touchpoints.occurred_at < $cut_off_at
),
recent_acts_and_orders as (
    select customer_id, acted_at, act_id, 0 as is_order
    from recent_adds
    union all
    select orders.customer_id, orders.ordered_at, orders.order_id, 1
    from core.orders as orders
    semi join recent_adds on orders.customer_id = recent_adds.customer_id
    where (orders.is_counted or orders.is_trial)
        and orders.ordered_at >= (select min(reach_back_at) from rules) and orders.ordered_at < $cut_off_at
),
followed as (
    select
        *,
        lead(is_order) over (
            partition by customer_id order by acted_at nulls last, is_order nulls last, act_id nulls last
        ) as is_order_next
    from recent_acts_and_orders
)
-- Those of whom such a cart has a step to be decided, or one on its way that emptying it would take back. Only their carts are
-- gone through from the first act on.
select distinct followed.customer_id
from followed
inner join rules on followed.acted_at >= rules.reach_back_at
left join chains
    on rules.scenario_id = chains.scenario_id and followed.act_id = chains.match_key
where followed.is_order = 0 and followed.is_order_next is distinct from 0
    and (
        may_be_decided(
            chains.is_under_way, followed.acted_at, rules.triggered_from_at, rules.triggered_before_at
        )
        or followed.act_id in (
            select progress.match_key
            from activation.progress as progress
            where progress.scenario_id = rules.scenario_id and progress.send_at > rules.cut_off_at
        )
    );

insert into activation.triggers by name
with rules as (
    select * from activation.scenario_rules where trigger_kind = 'cart_left'
),
-- Asked one by one, actions are found in what a scan reads; of a list of them it would give out all acts.
touches as (
    select
        touchpoints.customer_id, touchpoints.occurred_at, touchpoints.touchpoint_id, touchpoints.product_id,
        true as is_add, coalesce(touchpoints.quantity, 0) as quantity
    from core.touchpoints as touchpoints
    inner join cart_customers on touchpoints.customer_id = cart_customers.customer_id
    where touchpoints.action = 'add_to_cart' and touchpoints.occurred_at < $cut_off_at
    union all
    select
        touchpoints.customer_id, touchpoints.occurred_at, touchpoints.touchpoint_id, touchpoints.product_id,
        false, coalesce(touchpoints.quantity, 0)
    from core.touchpoints as touchpoints
    inner join cart_customers on touchpoints.customer_id = cart_customers.customer_id
    where touchpoints.action = 'remove_from_cart' and touchpoints.occurred_at < $cut_off_at
),
timeline as (
    -- A removal that does not say how many takes the whole line out.
    select
        touches.customer_id, touches.occurred_at as acted_at, touches.touchpoint_id as act_id,
        touches.product_id, 0 as is_order, touches.is_add,
        case
            when touches.is_add then greatest(touches.quantity, 1)
            when touches.quantity > 0 then -touches.quantity
            else -1000000000
        end as change
    from touches
    union all
    select orders.customer_id, orders.ordered_at, orders.order_id, null, 1, false, 0
    from core.orders as orders
    inner join cart_customers on orders.customer_id = cart_customers.customer_id
    where (orders.is_counted or orders.is_trial) and orders.ordered_at < $cut_off_at
),
acts as (
    select
        *,
        min(case when is_order = 1 then acted_at end) over (
            partition by customer_id order by acted_at desc nulls last, is_order desc nulls last, act_id desc nulls last
            rows between unbounded preceding and current row
        ) as purchased_at
    from timeline
),
runs as (
    select
        *,
        sum(change) over (
            partition by customer_id, purchased_at, product_id
            order by acted_at nulls last, is_add desc nulls last, act_id nulls last
            rows between unbounded preceding and current row
        ) as balance
    from acts
    where is_order = 0
),
-- What is in the cart never goes below nothing: the balance less its lowest point so far, where that is below zero.
lines as (
    select
        customer_id, purchased_at, product_id,
        arg_max(balance, (acted_at, not is_add, act_id)) - least(min(balance), 0) as units,
        max(case when is_add then acted_at end) as last_added_at
    from runs
    group by customer_id, purchased_at, product_id
),
filled_carts as (
    select
        customer_id, purchased_at, sum(units) as units,
        arg_max(product_id, (last_added_at, product_id)) filter (where units > 0) as product_id
    from lines
    group by customer_id, purchased_at
),
ranked_adds as (
    select
        *,
        row_number() over (
            partition by customer_id, purchased_at order by acted_at desc nulls last, act_id desc nulls last
        ) as position
    from acts
    where is_add
),
last_acts as (
    select customer_id, purchased_at, max(acted_at) as acted_at
    from acts
    where is_order = 0
    group by customer_id, purchased_at
)
select
    rules.scenario_id,
    adds.customer_id,
    adds.act_id as trigger_key,
    adds.acted_at as triggered_at,
    adds.act_id as match_key,
    coalesce(carts.product_id, adds.product_id) as product_id,
    adds.purchased_at,
    case when carts.units <= 0 then last_acts.acted_at end as cart_emptied_at
from ranked_adds as adds
inner join filled_carts as carts
    on adds.customer_id = carts.customer_id and adds.purchased_at is not distinct from carts.purchased_at
inner join last_acts
    on adds.customer_id = last_acts.customer_id and adds.purchased_at is not distinct from last_acts.purchased_at
inner join rules on adds.acted_at >= rules.reach_back_at
where adds.position = 1
