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

asked as (
    select
        {{ as_of() }} as as_of,
        {{ setting('recommendations_per_kind', 'integer') }} as positions,
        persons.customer_id
    from {{ ref('persons') }} as persons
    where
        not persons.is_visitor
        and persons.first_seen_at < {{ as_of_end_at() }}
    union all
    select
        {{ backtest_day() }} as as_of,
        {{ setting('backtest_positions', 'integer') }} as positions,
        sampled.customer_id
    from sampled
    where sampled.place <= {{ setting('backtest_customers', 'integer') }}
),

scope as (
    select
        cast(asked.as_of as date) as as_of,
        cast(asked.positions as integer) as positions,
        asked.customer_id,
        row_number() over (order by asked.customer_id asc nulls last, asked.as_of asc nulls last) as asked_no,
        attributes.gender,
        {{ age_band(age_on('attributes.birth_date', 'asked.as_of')) }} as age_band
    from asked
    left join {{ ref('person_attributes') }} as attributes on asked.customer_id = attributes.customer_id
)

select * from scope
