with orders as (
    select
        orders.customer_id,
        orders.order_id,
        orders.ordered_at,
        orders.ordered_on,
        orders.is_counted,
        orders.is_trial
    from {{ ref('orders') }} as orders
    where
        orders.customer_id is not null
        and orders.ordered_at < {{ as_of_end_at() }}
        and (orders.is_counted or orders.is_trial)
),

counted as (
    select
        orders.customer_id,
        row_number() over purchases as k,
        orders.ordered_on as reached_on,
        lead(orders.ordered_on) over purchases as next_on
    from orders
    where orders.is_counted
    window purchases as (
        partition by orders.customer_id
        order by orders.ordered_at asc nulls last, orders.order_id asc nulls last
    )
),

-- step 0: a trial before any counted order, and the first counted order after it
firsts as (
    select
        orders.customer_id,
        min(case when orders.is_trial then orders.ordered_at end) as trial_at,
        min(case when orders.is_trial then orders.ordered_on end) as trial_on,
        min(case when orders.is_counted then orders.ordered_at end) as counted_at,
        min(case when orders.is_counted then orders.ordered_on end) as counted_on
    from orders
    group by orders.customer_id
),

reached as (
    select counted.k, counted.reached_on, counted.next_on
    from counted
    union all
    select 0 as k, firsts.trial_on as reached_on, firsts.counted_on as next_on
    from firsts
    where firsts.trial_at is not null and (firsts.counted_at is null or firsts.counted_at >= firsts.trial_at)
),

judged as (
    select
        reached.k,
        reached.next_on is not null as is_next,
        {{ add_days('reached.reached_on', setting('maturity_days', 'integer')) }} <= {{ as_of() }} as is_mature,
        {{ days_between('reached.reached_on', 'reached.next_on') }} as days,
        {{ days_between('reached.reached_on', 'reached.next_on') }} <= {{ setting('maturity_days', 'integer') }} as is_in_time
    from reached
),

conversions as (
    select
        cast(judged.k as integer) as k,
        cast(count(*) as bigint) as reached_k,
        cast(sum(case when judged.is_next then 1 else 0 end) as bigint) as reached_next,
        cast(sum(case when judged.is_mature then 1 else 0 end) as bigint) as mature_k,
        cast(sum(case when judged.is_mature and judged.is_in_time then 1 else 0 end) as bigint) as mature_next,
        cast(median(case when judged.is_mature and judged.is_in_time then judged.days end) as double) as median_days
    from judged
    group by judged.k
),

rates as (
    select
        conversions.k,
        conversions.reached_k,
        conversions.reached_next,
        conversions.mature_k,
        conversions.mature_next,
        cast(conversions.mature_next as double) / nullif(cast(conversions.mature_k as double), 0) as conversion,
        conversions.median_days
    from conversions
)

select * from rates
