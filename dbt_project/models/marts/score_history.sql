{%- set categories = ['product', 'lifestyle', 'lifestance'] -%}
with as_of_days as (
    select as_of_days.as_of from {{ ref('int_marts__as_of_days') }} as as_of_days
),

days as (
    select
        {{ tokyo_day('ledger.occurred_at') }} as occurred_on
        {%- for category in categories %},
        sum(ledger.{{ category }}) as {{ category }}
        {%- endfor %}
    from {{ ref('int_marts__score_ledger') }} as ledger
    group by {{ tokyo_day('ledger.occurred_at') }}
),

points as (
    select
        as_of_days.as_of
        {%- for category in categories %},
        sum(days.{{ category }} * {{ score_weight('days.occurred_on', 'as_of_days.as_of') }}) as {{ category }}
        {%- endfor %}
    from as_of_days
    inner join days on as_of_days.as_of >= days.occurred_on
    group by as_of_days.as_of
),

-- since when a customer has points in each category; null where he has none
firsts as (
    select
        sums.customer_id,
        min(sums.first_on) as any_on
        {%- for category in categories %},
        min(case when rules.{{ category }} <> 0 then sums.first_on end) as {{ category }}_on
        {%- endfor %}
    from {{ ref('int_marts__score_sums') }} as sums
    inner join {{ ref('score_rules') }} as rules on sums.rule_id = rules.rule_id
    group by sums.customer_id
),

first_days as (
    select
        firsts.any_on
        {%- for category in categories %},
        firsts.{{ category }}_on
        {%- endfor %},
        case when firsts.product_on is not null and firsts.lifestyle_on is not null and firsts.lifestance_on is not null
            then greatest(firsts.product_on, firsts.lifestyle_on, firsts.lifestance_on)
        end as all_three_on,
        count(*) as customers
    from firsts
    group by firsts.any_on, firsts.product_on, firsts.lifestyle_on, firsts.lifestance_on
),

reached as (
    select
        as_of_days.as_of,
        sum(first_days.customers) as customers_scored
        {%- for category in categories + ['all_three'] %},
        sum(case when first_days.{{ category }}_on <= as_of_days.as_of then first_days.customers else 0 end) as customers_{{ category }}
        {%- endfor %}
    from as_of_days
    inner join first_days on as_of_days.as_of >= first_days.any_on
    group by as_of_days.as_of
),

known as (
    select
        {{ tokyo_day('persons.first_seen_at') }} as first_seen_on,
        count(*) as customers
    from {{ ref('persons') }} as persons
    where not persons.is_visitor
    group by {{ tokyo_day('persons.first_seen_at') }}
),

customers as (
    select
        as_of_days.as_of,
        sum(case when known.first_seen_on <= as_of_days.as_of then known.customers else 0 end) as customers
    from as_of_days
    cross join known
    group by as_of_days.as_of
),

score_history as (
    select
        as_of_days.as_of,
        cast(coalesce(customers.customers, 0) as bigint) as customers,
        {% for whom in ['scored'] + categories + ['all_three'] -%}
        cast(coalesce(reached.customers_{{ whom }}, 0) as bigint) as customers_{{ whom }},
        {% endfor -%}
        {% for category in categories -%}
        cast(round(coalesce(points.{{ category }}, 0), 0) as bigint) as {{ category }},
        {% endfor -%}
        cast(round(coalesce(points.product + points.lifestyle + points.lifestance, 0), 0) as bigint) as total,
        cast(coalesce(points.product + points.lifestyle + points.lifestance, 0) as double) / nullif(customers.customers, 0)
            as points_per_customer
    from as_of_days
    left join customers on as_of_days.as_of = customers.as_of
    left join reached on as_of_days.as_of = reached.as_of
    left join points on as_of_days.as_of = points.as_of
)

select * from score_history
