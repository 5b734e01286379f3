{%- set measures = ['orders_before', 'prior_orders', 'prior_sales'] + promotion_outcomes().split() %}
with customers as (
    select * from {{ ref('int_marts__promotion_customers') }}
),

promotions as (
    select * from {{ ref('int_marts__promotions') }}
),

participants as (
    select * from {{ ref('int_marts__promotion_participants') }}
),

listed as (
    select
        customers.campaign_id,
        customers.is_randomised,
        {% for column in promotion_strata().split() -%}
        customers.{{ column }},
        {% endfor -%}
        customers.is_treated,
        count(*) as customers,
        {% for measure in measures -%}
        cast(sum(customers.{{ measure }}) as decimal(38, 4)) as {{ measure }}_sum,
        cast(sum(customers.{{ measure }} * customers.{{ measure }}) as decimal(38, 4)) as {{ measure }}_squares{{ ',' if not loop.last }}
        {% endfor %}
    from customers
    group by
        customers.campaign_id,
        customers.is_randomised,
        {% for column in promotion_strata().split() -%}
        customers.{{ column }},
        {% endfor -%}
        customers.is_treated
),

known as (
    select
        promotions.campaign_id,
        count(*) as customers
    from promotions
    inner join {{ ref('persons') }} as persons on persons.first_seen_at < promotions.starts_at
    where promotions.is_over
        and not promotions.is_randomised
        and not persons.is_visitor
        and promotions.campaign_no in (select participants.campaign_no from participants)
    group by promotions.campaign_id
),

accounted as (
    select customers.campaign_id
    from customers
    where not customers.is_randomised
    union all
    select participants.campaign_id
    from participants
    inner join promotions on participants.campaign_id = promotions.campaign_id
    where participants.is_late
        and participants.is_known_before
        and promotions.is_over
),

accounts as (
    select
        accounted.campaign_id,
        count(*) as customers
    from accounted
    group by accounted.campaign_id
),

-- customers who had done nothing and did nothing afterwards are counted, not listed
idle as (
    select
        known.campaign_id,
        false as is_randomised,
        'none' as segment,
        'none' as rank,
        'none' as channel,
        'under ' || cast(bounds.lowest as varchar) as sales_band,
        false as is_treated,
        known.customers - coalesce(accounts.customers, 0) as customers,
        {% for measure in measures -%}
        cast(0 as decimal(38, 4)) as {{ measure }}_sum,
        cast(0 as decimal(38, 4)) as {{ measure }}_squares{{ ',' if not loop.last }}
        {% endfor %}
    from known
    cross join (select min(bounds.value) as lowest from {{ setting_integers('promotion_sales_bands') }} as bounds) as bounds
    left join accounts on known.campaign_id = accounts.campaign_id
),

everybody as (
    select * from listed
    union all
    select * from idle
),

strata as (
    select
        everybody.campaign_id,
        everybody.is_randomised,
        {% for column in promotion_strata().split() -%}
        everybody.{{ column }},
        {% endfor -%}
        everybody.is_treated,
        cast(sum(everybody.customers) as bigint) as customers,
        {% for measure in measures -%}
        cast(sum(everybody.{{ measure }}_sum) as decimal(38, 4)) as {{ measure }}_sum,
        cast(sum(everybody.{{ measure }}_squares) as decimal(38, 4)) as {{ measure }}_squares{{ ',' if not loop.last }}
        {% endfor %}
    from everybody
    group by
        everybody.campaign_id,
        everybody.is_randomised,
        {% for column in promotion_strata().split() -%}
        everybody.{{ column }},
        {% endfor -%}
        everybody.is_treated
    having sum(everybody.customers) > 0
)

select * from strata
