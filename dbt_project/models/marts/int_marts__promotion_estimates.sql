{%- set stratum = 'strata.' ~ promotion_strata().split() | join(', strata.') %}
with strata as (
    select * from {{ ref('int_marts__promotion_strata') }}
),

promotions as (
    select * from {{ ref('int_marts__promotions') }}
),

-- one row per outcome; those assigned at random are one stratum, by whatever else they differ
arms as (
    {% for outcome in promotion_outcomes().split() -%}
    select
        strata.campaign_id,
        strata.is_randomised,
        '{{ outcome }}' as outcome,
        {{ 'false' if outcome == 'net_sales' else 'true' }} as is_share,
        case
            when strata.is_randomised then 'all'
            else concat_ws('|', {{ stratum }})
        end as stratum,
        sum(case when strata.is_treated then strata.customers else 0 end) as treated,
        sum(case when strata.is_treated then strata.{{ outcome }}_sum else 0 end) as treated_sum,
        sum(case when strata.is_treated then strata.{{ outcome }}_squares else 0 end) as treated_squares,
        sum(case when strata.is_treated then 0 else strata.customers end) as control,
        sum(case when strata.is_treated then 0 else strata.{{ outcome }}_sum end) as control_sum,
        sum(case when strata.is_treated then 0 else strata.{{ outcome }}_squares end) as control_squares
    from strata
    group by
        strata.campaign_id,
        strata.is_randomised,
        case
            when strata.is_randomised then 'all'
            else concat_ws('|', {{ stratum }})
        end
    {% if not loop.last -%}
    union all
    {% endif -%}
    {% endfor %}
),

-- sums of squares about the mean of each arm of a stratum
spread as (
    select
        arms.*,
        arms.treated > 0 and arms.control > 0 as is_compared,
        cast(arms.treated_squares as double)
        - cast(arms.treated_sum as double) * cast(arms.treated_sum as double) / nullif(arms.treated, 0) as treated_spread,
        cast(arms.control_squares as double)
        - cast(arms.control_sum as double) * cast(arms.control_sum as double) / nullif(arms.control, 0) as control_spread
    from arms
),

-- what a stratum of one customer borrows for its variance: the variance within all others of the arm
pooled as (
    select
        spread.campaign_id,
        spread.outcome,
        cast(sum(cast(spread.treated_spread as decimal(38, 12))) as double) / nullif(sum(spread.treated - 1), 0) as treated_variance,
        cast(sum(cast(spread.control_spread as decimal(38, 12))) as double) / nullif(sum(spread.control - 1), 0) as control_variance
    from spread
    where spread.is_compared
    group by spread.campaign_id, spread.outcome
),

varied as (
    select
        spread.*,
        case
            when spread.is_randomised and spread.is_share then spread.treated_spread / spread.treated
            when spread.treated > 1 then spread.treated_spread / (spread.treated - 1)
            else pooled.treated_variance
        end / spread.treated as treated_error,
        case
            when spread.is_randomised and spread.is_share then spread.control_spread / spread.control
            when spread.control > 1 then spread.control_spread / (spread.control - 1)
            else pooled.control_variance
        end / spread.control as control_error
    from spread
    inner join pooled on spread.campaign_id = pooled.campaign_id and spread.outcome = pooled.outcome
    where spread.is_compared
),

-- strata by their part of the participants; sums in decimals, so that the order of adding changes no digit
weighted as (
    select
        varied.campaign_id,
        varied.outcome,
        cast(sum(varied.treated) as bigint) as treated,
        cast(sum(varied.control) as bigint) as control,
        sum(varied.treated_sum) as treated_sum,
        sum(varied.control_sum) as control_sum,
        sum(cast(varied.treated * cast(varied.control_sum as double) / varied.control as decimal(38, 12))) as expected_sum,
        sum(cast(varied.treated * varied.treated * (varied.treated_error + varied.control_error) as decimal(38, 12))) as error_sum,
        count(varied.treated_error + varied.control_error) = count(*) as has_error
    from varied
    group by varied.campaign_id, varied.outcome
),

-- as if nobody had been matched: all that took part against all others
unadjusted as (
    select
        arms.campaign_id,
        arms.outcome,
        arms.is_share,
        cast(sum(arms.treated) as bigint) as treated,
        sum(arms.treated_sum) as treated_sum,
        cast(sum(arms.control) as bigint) as control,
        sum(arms.control_sum) as control_sum
    from arms
    group by arms.campaign_id, arms.outcome, arms.is_share
),

means as (
    select
        unadjusted.campaign_id,
        promotions.is_randomised,
        unadjusted.outcome,
        unadjusted.is_share,
        coalesce(weighted.treated, 0) as treated,
        coalesce(weighted.control, 0) as control,
        weighted.treated_sum,
        weighted.control_sum,
        cast(weighted.treated_sum as double) / weighted.treated as treated_mean,
        cast(weighted.expected_sum as double) / weighted.treated as control_mean,
        case when weighted.has_error then sqrt(cast(weighted.error_sum as double)) / weighted.treated end as standard_error,
        cast(unadjusted.treated_sum as double) / nullif(unadjusted.treated, 0)
        - cast(unadjusted.control_sum as double) / nullif(unadjusted.control, 0) as unadjusted_difference,
        coalesce(weighted.treated, 0) >= {{ setting('promotion_min_customers', 'integer') }}
        and coalesce(weighted.control, 0) >= {{ setting('promotion_min_customers', 'integer') }} as is_large_enough,
        (1 + {{ setting('promotion_confidence', 'double') }}) / 2 as probability
    from unadjusted
    inner join promotions on unadjusted.campaign_id = promotions.campaign_id
    left join weighted on unadjusted.campaign_id = weighted.campaign_id and unadjusted.outcome = weighted.outcome
),

-- no figure where the numbers are too small to carry one
estimates as (
    select
        means.*,
        case when means.is_large_enough then means.treated_mean - means.control_mean end as estimate,
        case
            when means.is_large_enough
                then means.treated_mean - means.control_mean - {{ normal_quantile('means.probability') }} * means.standard_error
        end as ci_low,
        case
            when means.is_large_enough
                then means.treated_mean - means.control_mean + {{ normal_quantile('means.probability') }} * means.standard_error
        end as ci_high
    from means
)

select * from estimates
