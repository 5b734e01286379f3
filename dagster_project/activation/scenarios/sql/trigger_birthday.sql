-- Adding years clamps: whoever was born on 29 February has the birthday on the 28th in common years. Its hour is the customer's.
insert into activation.triggers by name
with rules as (
    select *, to_months(ahead_months) + to_days(ahead_days) + to_hours(ahead_hours) as ahead
    from activation.scenario_rules
    where trigger_kind = 'birthday'
),
years as (
    select scenario_id, unnest(range(
        year(reach_back_at + interval 9 hours), year(horizon_at + ahead + interval 33 hours) + 1
    )) as birthday_year
    from rules
),
-- At the hour that the scenario names, wherever that is.
local_birthdays as (
    select
        rules.scenario_id, rules.reach_back_at, rules.horizon_at, persons.customer_id, years.birthday_year,
        cast(
            persons.birth_date + to_years(cast(years.birthday_year - year(persons.birth_date) as integer)) as timestamp
        ) + to_minutes(rules.trigger_minute) - rules.ahead as local_at
    from rules
    inner join years on rules.scenario_id = years.scenario_id
    inner join pii.person_attributes as persons on year(persons.birth_date) < years.birthday_year
),
-- Clocks are asked of those alone whose birthday may be one of these days.
birthdays as (
    select
        local_birthdays.scenario_id,
        local_birthdays.customer_id,
        'birthday:' || local_birthdays.birthday_year as trigger_key,
        timezone('UTC', timezone(coalesce(zones.zone, 'Asia/Tokyo'), local_birthdays.local_at)) as triggered_at
    from local_birthdays
    inner join insights.customers as customers on local_birthdays.customer_id = customers.customer_id
    left join activation.time_zones as zones on local_birthdays.customer_id = zones.customer_id
    where local_birthdays.local_at >= local_birthdays.reach_back_at - interval 1 day
        and local_birthdays.local_at < local_birthdays.horizon_at + interval 1 day
)
select
    birthdays.scenario_id,
    birthdays.customer_id,
    birthdays.trigger_key,
    birthdays.triggered_at,
    birthdays.customer_id || '|' || birthdays.trigger_key as match_key
from birthdays
inner join rules on birthdays.scenario_id = rules.scenario_id
where birthdays.triggered_at >= rules.reach_back_at and birthdays.triggered_at < rules.horizon_at
