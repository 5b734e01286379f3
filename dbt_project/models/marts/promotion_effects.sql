with promotions as (
    select * from {{ ref('int_marts__promotions') }}
),

participants as (
    select
        participants.campaign_id,
        cast(sum(case when participants.is_treated then 1 else 0 end) as bigint) as assigned,
        cast(sum(case when participants.is_treated and participants.is_open then 1 else 0 end) as bigint) as waiting,
        max(case when participants.is_open then 0 else 1 end) = 1 as has_closed
    from {{ ref('int_marts__promotion_participants') }} as participants
    group by participants.campaign_id
),

messages as (
    select
        messages.campaign_id,
        count(messages.sent_at) as sent,
        sum(case when messages.has_opened then 1 else 0 end) as opened,
        sum(case when messages.has_clicked then 1 else 0 end) as clicked
    from {{ ref('int_marts__promotion_messages') }} as messages
    inner join {{ ref('int_marts__promotion_participants') }} as participants
        on messages.campaign_id = participants.campaign_id and messages.customer_id = participants.customer_id
    where participants.is_treated
    group by messages.campaign_id
),

estimates as (
    select * from {{ ref('int_marts__promotion_estimates') }}
),

purchases as (
    select * from estimates
    where estimates.outcome = 'purchase'
),

sales as (
    select * from estimates
    where estimates.outcome = 'net_sales'
),

joined as (
    select
        promotions.campaign_id,
        promotions.kind,
        promotions.starts_on,
        promotions.ends_on,
        promotions.over_on as outcome_until_on,
        case when promotions.is_randomised then 'holdout' else 'matched' end as design,
        case when promotions.is_randomised then 'effect' else 'association' end as claim,
        case
            when promotions.is_randomised then 'all assigned at random, by intention to treat'
            else 'exact strata of RF segment, brand rank, channel and prior sales, weighted by participants'
        end as method,
        coalesce(participants.assigned, 0) as assigned,
        coalesce(participants.waiting, 0) as waiting,
        coalesce(purchases.treated, 0) as compared,
        coalesce(purchases.control, 0) as control,
        coalesce(messages.sent, 0) as sent,
        coalesce(messages.opened, 0) as opened,
        coalesce(messages.clicked, 0) as clicked,
        coalesce(purchases.treated_sum, 0) as converted,
        coalesce(purchases.control_sum, 0) as control_converted,
        purchases.treated_mean as conversion_rate,
        purchases.control_mean as control_rate,
        purchases.estimate as lift,
        purchases.ci_low,
        purchases.ci_high,
        coalesce(sales.treated_sum, 0) as revenue,
        sales.estimate * sales.treated as revenue_difference,
        sales.ci_low * sales.treated as revenue_low,
        sales.ci_high * sales.treated as revenue_high,
        promotions.cost,
        promotions.is_over or coalesce(promotions.is_randomised and participants.has_closed, false) as is_mature,
        coalesce(purchases.is_large_enough, false) as is_large_enough
    from promotions
    left join participants on promotions.campaign_id = participants.campaign_id
    left join messages on promotions.campaign_id = messages.campaign_id
    left join purchases on promotions.campaign_id = purchases.campaign_id
    left join sales on promotions.campaign_id = sales.campaign_id
),

effects as (
    select
        joined.campaign_id,
        joined.kind,
        joined.starts_on,
        joined.ends_on,
        joined.outcome_until_on,
        joined.design,
        joined.claim,
        joined.method,
        cast(joined.assigned as bigint) as assigned,
        cast(joined.compared as bigint) as compared,
        cast(joined.assigned - joined.compared - joined.waiting as bigint) as unmatched,
        cast(joined.waiting as bigint) as waiting,
        cast(joined.control as bigint) as control,
        cast(joined.sent as bigint) as sent,
        cast(joined.opened as bigint) as opened,
        cast(joined.clicked as bigint) as clicked,
        cast(joined.converted as bigint) as converted,
        cast(joined.control_converted as bigint) as control_converted,
        cast(joined.opened as double) / nullif(joined.sent, 0) as open_rate,
        cast(joined.clicked as double) / nullif(joined.sent, 0) as click_rate,
        joined.conversion_rate,
        joined.control_rate,
        joined.lift,
        joined.ci_low,
        joined.ci_high,
        cast(joined.revenue as decimal(18, 2)) as revenue,
        cast(joined.revenue_difference as decimal(18, 2)) as revenue_difference,
        cast(joined.cost as decimal(18, 2)) as cost,
        joined.revenue_difference / nullif(cast(joined.cost as double), 0) as iroas,
        joined.revenue_low / nullif(cast(joined.cost as double), 0) as iroas_low,
        joined.revenue_high / nullif(cast(joined.cost as double), 0) as iroas_high,
        joined.is_mature,
        joined.is_mature and coalesce(joined.ci_low > 0 or joined.ci_high < 0, false) as is_conclusive,
        case
            when not joined.is_mature then 'immature'
            when joined.compared = 0 then 'nobody to compare'
            when not joined.is_large_enough then 'too few'
            when joined.ci_low > 0 then 'higher'
            when joined.ci_high < 0 then 'lower'
            else 'open'
        end as verdict
    from joined
)

select * from effects
