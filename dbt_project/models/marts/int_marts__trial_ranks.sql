{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_trial_customers() }}"
) }}

-- what the pre-hook has left needs nothing: those who have changed, and those whose days are over since, are made
with points as (
    select points.*
    from ({{ trial_points() }}) as points
    {%- if is_incremental() %}
    where not exists (select 1 from {{ this }} as stored where {{ same_trial_point('stored', 'points') }})
    {%- endif %}
),

{{ promotion_ranks_of_points([
    ('days.customer_id = spans.customer_id', 'persons.customer_id in (select points.customer_id from points)'),
]) }},

trial_ranks as (
    select
        points.*,
        ranks.rank_position_before,
        ranks.rank_position_after
    from points
    left join ranks on points.campaign_no = ranks.campaign_no and points.customer_id = ranks.customer_id
)

select * from trial_ranks
