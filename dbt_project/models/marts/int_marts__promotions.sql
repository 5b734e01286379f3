with randomised as (
    select arms.campaign_id
    from {{ ref('int_core__campaign_arms') }} as arms
    where arms.assigned_at < {{ as_of_end_at() }}
    group by arms.campaign_id
    having count(distinct arms.arm) = 2
),

started as (
    select
        campaigns.*,
        randomised.campaign_id is not null as is_randomised,
        {{ setting('promotion_outcome_days', 'integer') }} as outcome_days
    from {{ ref('int_core__campaigns') }} as campaigns
    left join randomised on campaigns.campaign_id = randomised.campaign_id
    where campaigns.starts_on <= {{ as_of() }}
),

windowed as (
    select
        started.campaign_id,
        coalesce(started.kind, 'coupon') as kind,
        started.store_id,
        started.brand_id,
        started.cost,
        started.starts_on,
        started.ends_on,
        started.is_randomised,
        {{ add_days('started.ends_on', 'started.outcome_days') }} as over_on,
        {{ start_of_day('started.starts_on') }} as starts_at,
        {{ start_of_day(add_days('started.ends_on', '1')) }} as ends_at,
        {{ start_of_day(add_days('started.ends_on', 'started.outcome_days + 1')) }} as over_at
    from started
),

promotions as (
    select
        windowed.*,
        cast(row_number() over (order by windowed.campaign_id asc nulls last) as integer) as campaign_no,
        windowed.over_on <= {{ as_of() }} as is_over
    from windowed
)

select * from promotions
