-- The first days of campaigns that scenarios wait for, as days of the calendar.
insert into activation.trigger_days by name
with rules as (
    select *, to_months(ahead_months) + to_days(ahead_days) + to_hours(ahead_hours) as ahead
    from activation.scenario_rules
    where trigger_kind = 'campaign_start'
),
starts as (
    select
        rules.scenario_id, rules.reach_back_at, rules.horizon_at, 'campaign:' || campaigns.campaign_id as trigger_key,
        cast(campaigns.starts_on as timestamp) + to_minutes(rules.trigger_minute) - rules.ahead - interval 9 hours
            as triggered_at,
        campaigns.brand_id, campaigns.store_id, campaigns.campaign_id
    from staging.stg_campaigns as campaigns
    cross join rules
    where not exists (
        select filters.attribute
        from activation.trigger_filters as filters
        where filters.scenario_id = rules.scenario_id and filters.attribute in ('campaign_id', 'campaign_kind')
        group by filters.attribute
        having not coalesce(bool_or(
            filters.value = case filters.attribute when 'campaign_id' then campaigns.campaign_id else campaigns.kind end
        ), false)
    )
)
select scenario_id, trigger_key, triggered_at, brand_id, store_id, campaign_id
from starts
where triggered_at >= reach_back_at and triggered_at < horizon_at
