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

-- The link is known once both the event and the order have landed; the event's row is the one that shows it.
purchased as (
    select
        purchases.source,
        'web_purchase' as rule,
        purchases._file_id,
        purchases.first_line_no,
        purchases.visitor_id_key,
        {{ key_of('member_id', 'orders.member_id') }} as member_id_key,
        {{ key_of('email', 'orders.email') }} as email_key,
        {{ key_of('phone', 'orders.phone') }} as phone_key,
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
        tuples.{{ left_kind }}_key as left_key,
        tuples.{{ right_kind }}_key as right_key,
        tuples.landing_no,
        tuples.first_seen_at,
        tuples.observations,
        tuples._file_id,
        tuples.first_line_no
    from tuples
    where tuples.{{ left_kind }}_key is not null and tuples.{{ right_kind }}_key is not null
    union all
    {%- endfor %}{% endfor %}
    {%- for left_kind in ['member_id', 'email', 'phone'] %}
    select
        purchased.source,
        purchased.rule,
        purchased.{{ left_kind }}_key as left_key,
        purchased.visitor_id_key as right_key,
        purchased.landing_no,
        purchased.first_seen_at,
        purchased.observations,
        purchased._file_id,
        purchased.first_line_no
    from purchased
    where purchased.{{ left_kind }}_key is not null
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
)

select * from pairs
