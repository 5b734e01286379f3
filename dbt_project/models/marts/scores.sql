with sums as (
    select
        ledger.customer_id,
        sum(ledger.product) as product,
        sum(ledger.lifestyle) as lifestyle,
        sum(ledger.lifestance) as lifestance
    from {{ ref('score_ledger') }} as ledger
    group by ledger.customer_id
),

customers as (
    select persons.customer_id
    from {{ ref('persons') }} as persons
    where
        not persons.is_visitor
        and persons.first_seen_at < {{ as_of_end_at() }}
),

scores as (
    select
        customers.customer_id,
        cast(coalesce(sums.product, 0) as bigint) as product,
        cast(coalesce(sums.lifestyle, 0) as bigint) as lifestyle,
        cast(coalesce(sums.lifestance, 0) as bigint) as lifestance,
        cast(coalesce(sums.product + sums.lifestyle + sums.lifestance, 0) as bigint) as total
    from customers
    left join sums on customers.customer_id = sums.customer_id
)

select * from scores
