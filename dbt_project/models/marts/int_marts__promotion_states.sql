{{ config(materialized='view') }}

with promotions as (
    select * from {{ ref('int_marts__promotions') }}
),

participants as (
    select * from {{ ref('int_marts__promotion_participants') }}
),

histories as (
    select * from {{ ref('int_marts__promotion_histories') }}
),

ranks as (
    select * from {{ ref('int_marts__promotion_ranks') }}
),

-- what is known of a customer from either side, in one row
listed as (
    select
        gathered.campaign_no,
        gathered.person_key,
        max(gathered.orders_before) as orders_before,
        max(gathered.orders_after) as orders_after,
        max(gathered.recent_before_on) as recent_before_on,
        max(gathered.recent_after_on) as recent_after_on,
        max(gathered.prior_orders) as prior_orders,
        max(gathered.prior_sales) as prior_sales,
        max(gathered.bought_on_ec) as bought_on_ec,
        max(gathered.bought_in_store) as bought_in_store,
        max(gathered.net_sales) as net_sales,
        max(gathered.rank_position_before) as rank_position_before,
        max(gathered.rank_position_after) as rank_position_after
    from (
        select
            histories.campaign_no,
            histories.person_key,
            histories.orders_before,
            histories.orders_after,
            coalesce(histories.last_counted_on, histories.last_trial_on) as recent_before_on,
            coalesce(
                histories.next_counted_on, histories.last_counted_on, histories.next_trial_on, histories.last_trial_on
            ) as recent_after_on,
            histories.prior_orders,
            histories.prior_sales,
            histories.bought_on_ec,
            histories.bought_in_store,
            histories.net_sales,
            cast(null as integer) as rank_position_before,
            cast(null as integer) as rank_position_after
        from histories
        union all
        select
            ranks.campaign_no,
            ranks.person_key,
            null as orders_before,
            null as orders_after,
            null as recent_before_on,
            null as recent_after_on,
            null as prior_orders,
            null as prior_sales,
            null as bought_on_ec,
            null as bought_in_store,
            null as net_sales,
            ranks.rank_position_before,
            ranks.rank_position_after
        from ranks
        union all
        select
            participants.campaign_no,
            participants.person_key,
            null as orders_before,
            null as orders_after,
            null as recent_before_on,
            null as recent_after_on,
            null as prior_orders,
            null as prior_sales,
            null as bought_on_ec,
            null as bought_in_store,
            null as net_sales,
            null as rank_position_before,
            null as rank_position_after
        from participants
        where not participants.is_open
    ) as gathered
    group by gathered.campaign_no, gathered.person_key
),

-- known before the campaign; in a random trial everybody who was assigned
described as (
    select
        listed.campaign_no,
        listed.person_key,
        promotions.campaign_id,
        promotions.is_randomised,
        coalesce(participants.is_treated, false) as is_treated,
        case
            when promotions.is_randomised then {{ tokyo_day('participants.from_at') }}
            else {{ add_days('promotions.starts_on', '-1') }}
        end as before_on,
        case
            when promotions.is_randomised then {{ tokyo_day('participants.until_at') }}
            else promotions.over_on
        end as after_on,
        coalesce(listed.orders_before, 0) as orders_before,
        coalesce(listed.orders_before, 0) + coalesce(listed.orders_after, 0) as orders_at_end,
        listed.recent_before_on,
        listed.recent_after_on,
        coalesce(listed.prior_orders, 0) as prior_orders,
        coalesce(listed.prior_sales, 0) as prior_sales,
        case
            when listed.bought_on_ec = 1 and listed.bought_in_store = 1 then 'both'
            when listed.bought_on_ec = 1 then 'ec'
            when listed.bought_in_store = 1 then 'store'
            else 'none'
        end as channel,
        coalesce(listed.orders_after, 0) as orders_after,
        coalesce(listed.net_sales, 0) as net_sales,
        listed.rank_position_before,
        listed.rank_position_after
    from listed
    inner join promotions on listed.campaign_no = promotions.campaign_no
    left join participants
        on listed.campaign_no = participants.campaign_no and listed.person_key = participants.person_key
    where coalesce(participants.is_known_before, true)
        and not coalesce(participants.is_late, false)
),

aged as (
    select
        described.*,
        {{ completed_months('described.recent_before_on', 'described.before_on') }} as months_before,
        {{ completed_months('described.recent_after_on', 'described.after_on') }} as months_after
    from described
)

select * from aged
