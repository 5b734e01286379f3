with points as (
    select
        participants.campaign_no,
        promotions.brand_id,
        participants.customer_id,
        {{ add_days(tokyo_day('participants.from_at'), '-1') }} as before_on,
        {{ add_days(tokyo_day('participants.until_at'), '-1') }} as after_on,
        {{ add_days(tokyo_day('participants.from_at'), '-1') }} as own_until_on
    from {{ ref('int_marts__promotion_participants') }} as participants
    inner join {{ ref('int_marts__promotions') }} as promotions on participants.campaign_no = promotions.campaign_no
    where participants.is_randomised
        and not participants.is_open
),

{{ promotion_ranks_of_points([
    ('days.customer_id = spans.customer_id', 'days.customer_id in (select points.customer_id from points)'),
]) }}

select * from ranks
