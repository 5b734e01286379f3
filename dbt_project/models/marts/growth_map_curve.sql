with steps as (
    select
        steps.brand_id,
        steps.information_kind,
        cast(coalesce(steps.days, {{ days_between('steps.first_touched_on', as_of()) }}) as integer) as day,
        steps.is_buyer
    from {{ ref('int_marts__growth_steps') }} as steps
    where steps.is_touched
),

ends as (
    select
        steps.brand_id,
        steps.information_kind,
        steps.day,
        sum(case when steps.is_buyer then 1 else 0 end) as events,
        sum(case when steps.is_buyer then 0 else 1 end) as censored
    from steps
    group by steps.brand_id, steps.information_kind, steps.day
),

-- every curve begins on the day of the first touch, also where nobody's observation ends on it
days as (
    select * from ends
    union all
    select
        ends.brand_id,
        ends.information_kind,
        0 as day,
        0 as events,
        0 as censored
    from ends
    group by ends.brand_id, ends.information_kind
    having min(ends.day) > 0
),

risks as (
    select
        days.*,
        sum(days.events + days.censored) over (
            partition by days.brand_id, days.information_kind order by days.day asc nulls last
            rows between current row and unbounded following
        ) as at_risk
    from days
),

-- Kaplan and Meier's product and Greenwood's sum; where all who are left buy on one day, the curve ends at 0
summed as (
    select
        risks.*,
        sum(case when risks.events < risks.at_risk then ln(risks.at_risk - risks.events) - ln(risks.at_risk) else 0.0 end) over (
            partition by risks.brand_id, risks.information_kind order by risks.day asc nulls last
            rows between unbounded preceding and current row
        ) as log_survival,
        sum(
            case
                when risks.events < risks.at_risk
                    then cast(risks.events as double) / cast(risks.at_risk * (risks.at_risk - risks.events) as double)
                else 0.0
            end
        ) over (
            partition by risks.brand_id, risks.information_kind order by risks.day asc nulls last
            rows between unbounded preceding and current row
        ) as variance
    from risks
),

confidence as (
    select {{ normal_quantile('levels.level') }} as z
    from (select 0.5 + {{ setting('growth_confidence', 'double') }} / 2 as level) as levels
),

growth_map_curve as (
    select
        summed.brand_id,
        summed.information_kind,
        summed.day,
        cast(summed.at_risk as bigint) as at_risk,
        cast(summed.events as bigint) as events,
        cast(summed.censored as bigint) as censored,
        case when summed.events = summed.at_risk then 0.0 else exp(summed.log_survival) end as survival,
        case
            when summed.events = summed.at_risk then 0.0
            when summed.log_survival = 0 then 1.0
            else exp(summed.log_survival * exp(-confidence.z * sqrt(summed.variance) / summed.log_survival))
        end as ci_low,
        case
            when summed.events = summed.at_risk then 0.0
            when summed.log_survival = 0 then 1.0
            else exp(summed.log_survival * exp(confidence.z * sqrt(summed.variance) / summed.log_survival))
        end as ci_high
    from summed
    cross join confidence
)

select * from growth_map_curve
