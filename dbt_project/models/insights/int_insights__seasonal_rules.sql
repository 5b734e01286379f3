with

days as (
    select {{ as_of() }} as as_of
    union all
    select {{ backtest_day() }} as as_of
),

-- A rule's days are months and days, compared as text; those of a season over New Year end before they begin.
in_season as (
    select
        days.as_of,
        rules.*,
        campaigns.brand_id as campaign_brand_id
    from days
    inner join {{ ref('seasonal_rules') }} as rules
        on
            rules.from_day is null
            or (rules.from_day <= rules.to_day and {{ month_and_day('days.as_of') }} between rules.from_day and rules.to_day)
            or (
                rules.from_day > rules.to_day
                and ({{ month_and_day('days.as_of') }} >= rules.from_day or {{ month_and_day('days.as_of') }} <= rules.to_day)
            )
    left join {{ ref('stg_campaigns') }} as campaigns on rules.campaign_id = campaigns.campaign_id
    where
        rules.campaign_id is null
        or days.as_of between campaigns.starts_on and campaigns.ends_on
)

select * from in_season
