with promotions as (
    select
        promotions.*,
        {{ start_of_day(add_days('promotions.starts_on', '-' ~ setting('promotion_prior_days', 'integer'))) }} as prior_from_at
    from {{ ref('int_marts__promotions') }} as promotions
    where promotions.is_over
        and not promotions.is_randomised
        and promotions.campaign_no in (select participants.campaign_no from {{ ref('int_marts__promotion_participants') }} as participants)
),

assigned as (
    select
        participants.*,
        {{ days_after('participants.since_at', '-' ~ setting('promotion_prior_days', 'integer')) }} as prior_from_at
    from {{ ref('int_marts__promotion_participants') }} as participants
    where participants.is_randomised
        and not participants.is_open
),

-- in tens of millions of rows a customer is the number of the person
orders as (
    select
        persons.anchor_key as person_key,
        persons.first_seen_at,
        orders.ordered_at,
        orders.ordered_on,
        orders.channel,
        orders.is_counted,
        orders.is_trial,
        orders.net_amount
    from {{ ref('orders') }} as orders
    inner join {{ ref('persons') }} as persons on orders.customer_id = persons.customer_id
    where not persons.is_visitor
        and orders.ordered_at < {{ as_of_end_at() }}
        and (orders.is_counted or orders.is_trial or orders.is_return)
),

-- each order as a campaign sees it: before it, on the days that count after it, or on its own days
seen as (
    select
        promotions.campaign_no,
        orders.*,
        orders.ordered_at < promotions.starts_at as is_before,
        orders.ordered_at < promotions.starts_at and orders.ordered_at >= promotions.prior_from_at as is_prior,
        orders.ordered_at >= promotions.ends_at as is_after
    from orders
    inner join promotions on orders.ordered_at < promotions.over_at and orders.first_seen_at < promotions.starts_at
    union all
    select
        assigned.campaign_no,
        orders.*,
        orders.ordered_at < assigned.from_at as is_before,
        orders.ordered_at < assigned.from_at and orders.ordered_at >= assigned.prior_from_at as is_prior,
        orders.ordered_at >= assigned.from_at as is_after
    from orders
    inner join assigned
        on orders.person_key = assigned.person_key
            and orders.ordered_at < assigned.until_at
),

histories as (
    select
        seen.campaign_no,
        seen.person_key,
        cast(sum(case when seen.is_before and seen.is_counted then 1 else 0 end) as bigint) as orders_before,
        max(case when seen.is_before and seen.is_counted then seen.ordered_on end) as last_counted_on,
        max(case when seen.is_before and seen.is_trial then seen.ordered_on end) as last_trial_on,
        cast(sum(case when seen.is_prior and seen.is_counted then 1 else 0 end) as bigint) as prior_orders,
        cast(sum(case when seen.is_prior then seen.net_amount else 0 end) as decimal(18, 2)) as prior_sales,
        max(case when seen.is_prior and seen.is_counted and seen.channel = 'ec' then 1 else 0 end) as bought_on_ec,
        max(case when seen.is_prior and seen.is_counted and seen.channel = 'store' then 1 else 0 end) as bought_in_store,
        cast(sum(case when seen.is_after and seen.is_counted then 1 else 0 end) as bigint) as orders_after,
        max(case when seen.is_after and seen.is_counted then seen.ordered_on end) as next_counted_on,
        max(case when seen.is_after and seen.is_trial then seen.ordered_on end) as next_trial_on,
        cast(sum(case when seen.is_after then seen.net_amount else 0 end) as decimal(18, 2)) as net_sales
    from seen
    group by seen.campaign_no, seen.person_key
)

select * from histories
