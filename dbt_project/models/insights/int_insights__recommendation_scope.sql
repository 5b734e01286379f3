{%- set held = recommendations_hold() -%}
-- Who a backtest asks about: a random sample (a customer_id is a hash) of those who bought in its days.
with tested as (
    select orders.customer_id
    from {{ ref('orders') }} as orders
    where
        orders.is_counted
        and orders.customer_id is not null
        and orders.ordered_on > {{ backtest_day() }}
        and orders.ordered_on <= {{ as_of() }}
    group by orders.customer_id
),

sampled as (
    select
        tested.customer_id,
        row_number() over (order by tested.customer_id asc nulls last) as place
    from tested
),

customers as (
    select persons.customer_id
    from {{ ref('persons') }} as persons
    where
        not persons.is_visitor
        and persons.first_seen_at < {{ as_of_end_at() }}
),

to_ask as (
    {%- if held is none and execute %}
    select customers.customer_id from customers
    {%- else %}
    {{ customers_to_ask(held) }}
    {%- endif %}
),

-- Who bought in a store lately, and whether that is all that he is asked about.
in_stores as (
    select distinct orders.customer_id
    from {{ ref('orders') }} as orders
    where
        {{ is_store_receipt('orders') }}
        and orders.customer_id is not null
        and orders.ordered_on > {{ add_days(as_of(), '-' ~ setting('recommendation_store_days', 'integer')) }}
        and orders.ordered_on <= {{ as_of() }}
),

asked as (
    select
        {{ as_of() }} as as_of,
        {{ setting('recommendations_per_kind', 'integer') }} as positions,
        customers.customer_id,
        to_ask.customer_id is null as is_only_for_pairs
    from customers
    left join to_ask on customers.customer_id = to_ask.customer_id
    left join in_stores on customers.customer_id = in_stores.customer_id
    where to_ask.customer_id is not null or in_stores.customer_id is not null
    union all
    select
        {{ backtest_day() }} as as_of,
        {{ setting('backtest_positions', 'integer') }} as positions,
        sampled.customer_id,
        false as is_only_for_pairs
    from sampled
    where sampled.place <= {{ setting('backtest_customers', 'integer') }}
),

scope as (
    select
        cast(asked.as_of as date) as as_of,
        cast(asked.positions as integer) as positions,
        asked.customer_id,
        asked.is_only_for_pairs,
        row_number() over (order by asked.customer_id asc nulls last, asked.as_of asc nulls last) as asked_no,
        attributes.gender,
        {{ age_band(age_on('attributes.birth_date', 'asked.as_of')) }} as age_band
    from asked
    left join {{ ref('person_attributes') }} as attributes on asked.customer_id = attributes.customer_id
)

select * from scope
