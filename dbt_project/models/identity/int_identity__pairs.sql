{{ config(schema='pii', materialized='view') }}

with

tuples as (
    select * from {{ ref('int_identity__tuples') }}
),

purchases as (
    select * from {{ ref('int_identity__web_purchases') }}
),

orders as (
    select
        base.order_id,
        base.member_id,
        base.email,
        base.phone,
        cast(min(base._landing_no) as bigint) as landing_no
    from {{ ref('base_ec_orders') }} as base
    where base.row_outcome in ('staged', 'superseded')
    group by base.order_id, base.member_id, base.email, base.phone
),

-- The link is known once both the event and the order have landed.
purchased as (
    select
        purchases.source,
        'web_purchase' as rule,
        purchases.visitor_id,
        orders.member_id,
        orders.email,
        orders.phone,
        greatest(purchases.landing_no, orders.landing_no) as landing_no,
        purchases.first_seen_at,
        purchases.observations
    from purchases
    inner join orders on orders.order_id = purchases.order_id
),

pairs as (
    {%- set kinds = identifier_kinds() %}
    {%- for left_kind in kinds %}{% for right_kind in kinds[loop.index:] %}
    select
        tuples.source,
        tuples.rule,
        '{{ left_kind }}' as left_kind,
        tuples.{{ left_kind }} as left_value,
        '{{ right_kind }}' as right_kind,
        tuples.{{ right_kind }} as right_value,
        tuples.landing_no,
        tuples.first_seen_at,
        tuples.observations
    from tuples
    where tuples.{{ left_kind }} is not null and tuples.{{ right_kind }} is not null
    union all
    {%- endfor %}{% endfor %}
    {%- for left_kind in ['member_id', 'email', 'phone'] %}
    select
        purchased.source,
        purchased.rule,
        '{{ left_kind }}' as left_kind,
        purchased.{{ left_kind }} as left_value,
        'visitor_id' as right_kind,
        purchased.visitor_id as right_value,
        purchased.landing_no,
        purchased.first_seen_at,
        purchased.observations
    from purchased
    where purchased.{{ left_kind }} is not null
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
)

select * from pairs
