{{ config(materialized='view') }}

with promotions as (
    select * from {{ ref('int_marts__promotions') }}
    where not is_randomised
),

rules as (
    select * from {{ ref('promotion_rules') }}
),

customers as (
    select
        persons.customer_id,
        persons.anchor_key as person_key
    from {{ ref('persons') }} as persons
    where not persons.is_visitor
),

orders as (
    select
        orders.customer_id,
        orders.ordered_at,
        orders.channel,
        orders.store_id,
        orders.campaign_id,
        orders.coupon_code
    from {{ ref('orders') }} as orders
    where orders.customer_id is not null
        and orders.ordered_at < {{ as_of_end_at() }}
        and (orders.is_counted or orders.is_trial)
),

visits as (
    select
        party_customers.customer_id,
        visits.store_id,
        visits.occurred_at
    from {{ ref('int_core__store_visits') }} as visits
    inner join {{ ref('party_customers') }} as party_customers on visits.party_key = party_customers.party_key
    where visits.action = 'visit'
        and party_customers.customer_id is not null
        and visits.occurred_at < {{ as_of_end_at() }}
),

store_acts as (
    select
        orders.customer_id,
        orders.store_id,
        'receipt_in_store' as evidence,
        orders.ordered_at as acted_at
    from orders
    union all
    select
        visits.customer_id,
        visits.store_id,
        'visit_in_store' as evidence,
        visits.occurred_at as acted_at
    from visits
),

acts as (
    select
        promotions.campaign_id,
        orders.customer_id,
        'order_names_campaign' as evidence,
        orders.ordered_at as acted_at
    from orders
    inner join promotions on orders.campaign_id = promotions.campaign_id
    union all
    select
        promotions.campaign_id,
        orders.customer_id,
        'order_names_campaign' as evidence,
        orders.ordered_at as acted_at
    from orders
    inner join promotions on orders.coupon_code = promotions.campaign_id
    union all
    select
        promotions.campaign_id,
        orders.customer_id,
        'ec_order_in_dates' as evidence,
        orders.ordered_at as acted_at
    from orders
    inner join promotions on orders.ordered_at >= promotions.starts_at and orders.ordered_at < promotions.ends_at
    where orders.channel = 'ec'
    union all
    select
        promotions.campaign_id,
        store_acts.customer_id,
        store_acts.evidence,
        store_acts.acted_at
    from store_acts
    inner join promotions
        on store_acts.store_id = promotions.store_id
            and store_acts.acted_at >= promotions.starts_at
            and store_acts.acted_at < promotions.ends_at
    union all
    select
        messages.campaign_id,
        messages.customer_id,
        'message_sent' as evidence,
        messages.sent_at as acted_at
    from {{ ref('int_marts__promotion_messages') }} as messages
    where messages.sent_at is not null
),

-- of the ways in which a campaign of this kind is taken part in, the first for which there is any act
ranked as (
    select
        acts.campaign_id,
        acts.customer_id,
        acts.evidence,
        acts.acted_at,
        rules.position,
        min(rules.position) over (partition by acts.campaign_id) as first_position
    from acts
    inner join promotions on acts.campaign_id = promotions.campaign_id
    inner join rules on promotions.kind = rules.kind and acts.evidence = rules.evidence
    inner join customers on acts.customer_id = customers.customer_id
    where acts.acted_at >= promotions.starts_at
),

counted as (
    select
        ranked.campaign_id,
        ranked.customer_id,
        ranked.evidence,
        ranked.acted_at
    from ranked
    where ranked.position = ranked.first_position
)

select * from counted
