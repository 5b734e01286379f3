with promotions as (
    select * from {{ ref('int_marts__promotions') }}
),

customers as (
    select
        persons.customer_id,
        persons.anchor_key as person_key,
        persons.first_seen_at
    from {{ ref('persons') }} as persons
    where not persons.is_visitor
),

acts as (
    select * from {{ ref('int_marts__promotion_acts') }}
),

participants as (
    select
        acts.campaign_id,
        acts.customer_id,
        true as is_treated,
        min(acts.acted_at) as since_at,
        min(acts.acted_at) >= min(promotions.ends_at) as is_late
    from acts
    inner join promotions on acts.campaign_id = promotions.campaign_id
    group by acts.campaign_id, acts.customer_id
    union all
    select
        arms.campaign_id,
        arms.customer_id,
        arms.arm = 'treated' as is_treated,
        arms.assigned_at as since_at,
        false as is_late
    from {{ ref('int_core__campaign_arms') }} as arms
    inner join promotions on arms.campaign_id = promotions.campaign_id
    where promotions.is_randomised
        and arms.assigned_at < {{ as_of_end_at() }}
),

-- the days that count afterwards, for each participant of a random trial its own
windowed as (
    select
        participants.*,
        promotions.campaign_no,
        promotions.is_randomised,
        promotions.starts_at,
        case when promotions.is_randomised then participants.since_at else promotions.ends_at end as from_at,
        case
            when promotions.is_randomised
                then {{ days_after('participants.since_at', setting('promotion_outcome_days', 'integer')) }}
            else promotions.over_at
        end as until_at
    from participants
    inner join promotions on participants.campaign_id = promotions.campaign_id
),

judged as (
    select
        windowed.*,
        customers.person_key,
        windowed.is_randomised or customers.first_seen_at < windowed.starts_at as is_known_before,
        windowed.until_at > {{ as_of_end_at() }} as is_open
    from windowed
    inner join customers on windowed.customer_id = customers.customer_id
)

select * from judged
