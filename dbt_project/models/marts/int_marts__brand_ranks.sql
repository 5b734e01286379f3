{%- set measures = ['purchases', 'purchase_days', 'reviews', 'interest_acts', 'views', 'view_days', 'touches'] %}
with brand_days as (
    select * from {{ ref('int_marts__brand_days') }}
),

rules as (
    select
        rules.*,
        min(rules.position) over (partition by rules.rank) as rank_position,
        coalesce(rules.window_days, {{ setting('rank_window_days', 'integer') }}) as days_back
    from {{ ref('rank_rules') }} as rules
),

-- the run's day and the month end before it, each with every window that a rule looks back
windows as (
    select
        as_of_days.as_of,
        as_of_days.months_before,
        lengths.days_back,
        lengths.days_back = {{ setting('rank_window_days', 'integer') }} as is_reported
    from {{ ref('int_marts__as_of_days') }} as as_of_days
    cross join (
        select rules.days_back from rules
        union
        select {{ setting('rank_window_days', 'integer') }} as days_back
    ) as lengths
    where as_of_days.months_before <= 1
),

counts as (
    select
        windows.months_before,
        windows.days_back,
        windows.is_reported,
        brand_days.customer_id,
        brand_days.brand_id,
        sum(brand_days.purchases) as purchases,
        sum(case when brand_days.purchases > 0 then 1 else 0 end) as purchase_days,
        sum(brand_days.reviews) as reviews,
        sum(brand_days.interest_acts) as interest_acts,
        sum(brand_days.views) as views,
        sum(case when brand_days.views > 0 then 1 else 0 end) as view_days,
        sum(brand_days.touches) as touches
    from brand_days
    inner join windows
        on
            brand_days.occurred_on <= windows.as_of
            and brand_days.occurred_on > {{ add_days('windows.as_of', '-windows.days_back') }}
    group by
        windows.months_before, windows.days_back, windows.is_reported, brand_days.customer_id, brand_days.brand_id
),

-- few different counts occur, so rules are tried once for each and not once for each customer
patterns as (
    select distinct
        counts.days_back,
        {% for measure in measures -%}
        counts.{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from counts
),

matches as (
    select
        patterns.days_back,
        {% for measure in measures -%}
        patterns.{{ measure }},
        {% endfor -%}
        min(rules.position) as position
    from patterns
    inner join rules
        on
            patterns.days_back = rules.days_back
            {% for measure in measures -%}
            and (rules.min_{{ measure }} is null or patterns.{{ measure }} >= rules.min_{{ measure }})
            {% endfor %}
    group by
        patterns.days_back,
        {% for measure in measures -%}
        patterns.{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
),

customers as (
    select persons.customer_id
    from {{ ref('persons') }} as persons
    where not persons.is_visitor
),

matched as (
    select
        counts.months_before,
        counts.customer_id,
        counts.brand_id,
        min(matches.position) as position,
        max(case when counts.is_reported then counts.purchases else 0 end) as purchases,
        max(case when counts.is_reported then counts.views else 0 end) as views,
        max(case when counts.is_reported then counts.reviews else 0 end) as reviews
    from counts
    inner join customers on counts.customer_id = customers.customer_id
    left join matches
        on
            counts.days_back = matches.days_back
            {% for measure in measures -%}
            and counts.{{ measure }} = matches.{{ measure }}
            {% endfor %}
    group by counts.months_before, counts.customer_id, counts.brand_id
),

ranks as (
    select
        matched.months_before,
        matched.customer_id,
        matched.brand_id,
        rules.rank,
        rules.rank_position,
        rules.rule_id,
        cast(matched.purchases as bigint) as purchases,
        cast(matched.views as bigint) as views,
        cast(matched.reviews as bigint) as reviews
    from matched
    inner join rules on matched.position = rules.position
)

select * from ranks
