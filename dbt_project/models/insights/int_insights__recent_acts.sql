{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_in_window() }}") }}

with days as (
    select
        {{ tag_window_on() }} as window_on,
        {{ month_before(as_of(), setting('tag_window_months', 'integer')) }} as month_before_on
),

acts as (
    select
        touchpoints.customer_id,
        touchpoints.channel,
        touchpoints.action,
        touchpoints.information_kind,
        touchpoints.campaign_id,
        touchpoints.occurred_on >= (select days.window_on from days) as is_in_window,
        touchpoints.occurred_on,
        -- as text it sorts by time, then by product: an exclamation mark comes before a point
        case when touchpoints.action in (select rules.action from {{ ref('tag_rules') }} as rules where rules.what = 'last_product')
            then cast(touchpoints.occurred_at as varchar) || '!' || touchpoints.product_id
        end as at_product
    from {{ ref('touchpoints') if is_incremental() and tag_window_moved() else touchpoints_to_read() }} as touchpoints
    where touchpoints.customer_id is not null
        and touchpoints.occurred_at < {{ as_of_end_at() }}
        and touchpoints.occurred_on >= (select days.month_before_on from days)
        and {{ is_own_act('touchpoints') }}
),

recent_acts as (
    select
        acts.customer_id,
        acts.channel,
        acts.action,
        acts.information_kind,
        acts.campaign_id,
        acts.is_in_window,
        cast(count(*) as bigint) as acts,
        max(acts.occurred_on) as last_on,
        max(acts.at_product) as last_product,
        (select days.window_on from days) as window_on
    from acts
    group by acts.customer_id, acts.channel, acts.action, acts.information_kind, acts.campaign_id, acts.is_in_window
)

select * from recent_acts
