{%- set figures = [
    ('treated_mean', 'assigned_mean'), ('control_mean', 'control_mean'), ('estimate', 'estimate'), ('ci_low', 'ci_low'),
    ('ci_high', 'ci_high'), ('unadjusted_difference', 'unadjusted_difference')
] %}
with estimates as (
    select * from {{ ref('int_marts__promotion_estimates') }}
),

outcomes as (
    select
        estimates.campaign_id,
        estimates.outcome,
        case when estimates.is_share then 'share of customers' else 'yen a customer' end as unit,
        case when estimates.is_randomised then 'holdout' else 'matched' end as design,
        case when estimates.is_randomised then 'effect' else 'association' end as claim,
        estimates.treated as assigned,
        estimates.control,
        {% for figure, name in figures -%}
        case when estimates.is_share then estimates.{{ figure }} else round(estimates.{{ figure }}, 2) end as {{ name }},
        {% endfor -%}
        coalesce(estimates.ci_low > 0 or estimates.ci_high < 0, false) as is_conclusive
    from estimates
)

select * from outcomes
