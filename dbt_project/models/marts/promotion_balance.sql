{%- set numbers = ['orders_before', 'prior_orders', 'prior_sales'] %}
{%- set stratum = 'strata.' ~ promotion_strata().split() | join(', strata.') %}
with strata as (
    select * from {{ ref('int_marts__promotion_strata') }}
),

-- what each arm of a stratum counts after matching: participants where there are others to compare with, others as many
sized as (
    select
        strata.*,
        {% for arm, wanted in (('treated', ''), ('control', 'not ')) -%}
        sum(case when {{ wanted }}strata.is_treated then strata.customers else 0 end) over (
            partition by strata.campaign_id, {{ stratum }}
        ) as {{ arm }}_of_stratum{{ ',' if not loop.last }}
        {% endfor %}
    from strata
),

weighed as (
    select
        sized.*,
        case
            when sized.is_randomised then sized.customers
            when sized.treated_of_stratum = 0 or sized.control_of_stratum = 0 then 0
            when sized.is_treated then sized.customers
            else sized.treated_of_stratum
        end as matched_customers
    from sized
),

-- each covariate of each stratum and arm: its sum, and the sum of its squares
covariates as (
    {% for number in numbers -%}
    select
        weighed.campaign_id,
        '{{ number }}' as covariate,
        cast(null as varchar) as level,
        weighed.is_treated,
        weighed.customers,
        weighed.matched_customers,
        weighed.{{ number }}_sum as value_sum,
        weighed.{{ number }}_squares as value_squares
    from weighed
    union all
    {% endfor -%}
    {% for column in promotion_strata().split() -%}
    select
        weighed.campaign_id,
        '{{ column }}' as covariate,
        levels.level,
        weighed.is_treated,
        weighed.customers,
        weighed.matched_customers,
        case when weighed.{{ column }} = levels.level then weighed.customers else 0 end as value_sum,
        case when weighed.{{ column }} = levels.level then weighed.customers else 0 end as value_squares
    from weighed
    inner join (select distinct strata.campaign_id, strata.{{ column }} as level from strata) as levels
        on weighed.campaign_id = levels.campaign_id
    {% if not loop.last -%}
    union all
    {% endif -%}
    {% endfor %}
),

arms as (
    select
        covariates.campaign_id,
        covariates.covariate,
        covariates.level,
        {% for arm, wanted in (('treated', ''), ('control', 'not ')) -%}
        sum(case when {{ wanted }}covariates.is_treated then covariates.customers end) as {{ arm }},
        cast(sum(case when {{ wanted }}covariates.is_treated then covariates.value_sum end) as double) as {{ arm }}_sum,
        cast(sum(case when {{ wanted }}covariates.is_treated then covariates.value_squares end) as double) as {{ arm }}_squares,
        sum(case when {{ wanted }}covariates.is_treated then covariates.matched_customers end) as matched_{{ arm }},
        cast(sum(
            case
                when {{ wanted }}covariates.is_treated
                    then cast(
                        cast(covariates.matched_customers as double) * cast(covariates.value_sum as double) / covariates.customers
                        as decimal(38, 12)
                    )
            end
        ) as double) as matched_{{ arm }}_sum{{ ',' if not loop.last }}
        {% endfor %}
    from covariates
    group by covariates.campaign_id, covariates.covariate, covariates.level
),

means as (
    select
        arms.campaign_id,
        arms.covariate,
        arms.level,
        arms.treated_sum / arms.treated as assigned_mean,
        arms.control_sum / arms.control as control_mean,
        arms.matched_treated_sum / nullif(arms.matched_treated, 0) as matched_assigned_mean,
        arms.matched_control_sum / nullif(arms.matched_control, 0) as matched_control_mean,
        sqrt(
            (
                greatest(arms.treated_squares / arms.treated - (arms.treated_sum / arms.treated) * (arms.treated_sum / arms.treated), 0)
                + greatest(arms.control_squares / arms.control - (arms.control_sum / arms.control) * (arms.control_sum / arms.control), 0)
            ) / 2
        ) as deviation
    from arms
    where arms.treated > 0 and arms.control > 0
),

balance as (
    select
        means.campaign_id,
        means.covariate,
        coalesce(means.level, '') as level,
        means.assigned_mean,
        means.control_mean,
        (means.assigned_mean - means.control_mean) / nullif(means.deviation, 0) as difference_before,
        means.matched_assigned_mean,
        means.matched_control_mean,
        (means.matched_assigned_mean - means.matched_control_mean) / nullif(means.deviation, 0) as difference_after
    from means
)

select * from balance
