{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail', pre_hook="{{ forget_changed_scores() }}"
) }}

with sums as (
    select
        points.customer_id,
        {% for category in ['product', 'lifestyle', 'lifestance'] -%}
        cast(round(sum(points.{{ category }}), 0) as bigint) as {{ category }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_marts__score_sums') }} as points
    where {{ of_changed_scores('points.customer_id') }}
    group by points.customer_id
),

customers as (
    select persons.customer_id
    from {{ ref('persons') }} as persons
    where
        not persons.is_visitor
        and persons.first_seen_at < {{ as_of_end_at() }}
        and {{ of_changed_scores('persons.customer_id') }}
),

scores as (
    select
        customers.customer_id,
        coalesce(sums.product, 0) as product,
        coalesce(sums.lifestyle, 0) as lifestyle,
        coalesce(sums.lifestance, 0) as lifestance,
        coalesce(sums.product + sums.lifestyle + sums.lifestance, 0) as total
    from customers
    left join sums on customers.customer_id = sums.customer_id
)

select * from scores
