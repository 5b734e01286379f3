{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_changed_promotions() }}", post_hook="{{ note_participants_held() }}"
) }}

with

{{ promotion_states(promotions_to_make() if keeps_rows() else [('true', 'true')]) }},

segments as (
    select * from {{ ref('rf_segments') }}
),

-- a rank stands where its first rule does
rank_names as (
    select
        rules.rank,
        min(rules.position) as rank_position
    from {{ ref('rank_rules') }} as rules
    group by rules.rank
),

bounds as (
    select bounds.value from {{ setting_integers('promotion_sales_bands') }} as bounds
),

sales_bands as (
    select
        'from ' || cast(bounds.value as varchar) as sales_band,
        bounds.value as from_sales,
        lead(bounds.value) over (order by bounds.value asc nulls last) as until_sales
    from bounds
    union all
    select
        'under ' || cast(min(bounds.value) as varchar) as sales_band,
        cast(null as integer) as from_sales,
        min(bounds.value) as until_sales
    from bounds
),

-- segments are looked up once per pair of values, not once per customer
cells as (
    select
        pairs.months,
        pairs.orders,
        segments.segment,
        segments.frequency_from,
        segments.recency_from
    from (
        select aged.months_before as months, aged.orders_before as orders from aged where aged.months_before is not null
        union
        select aged.months_after as months, aged.orders_at_end as orders from aged where aged.months_after is not null
    ) as pairs
    inner join segments
        on {{ is_of_segment('segments', 'pairs.months', 'pairs.orders') }}
),

customers as (
    select
        aged.campaign_id,
        aged.campaign_key,
        aged.person_key,
        aged.is_randomised,
        aged.is_treated,
        coalesce(cells_before.segment, 'none') as segment,
        coalesce(rank_names.rank, 'none') as rank,
        aged.channel,
        sales_bands.sales_band,
        aged.orders_before,
        aged.prior_orders,
        aged.prior_sales,
        cast(case when aged.orders_after > 0 then 1 else 0 end as integer) as purchase,
        aged.net_sales,
        cast(case
            when cells_after.segment is null then 0
            when cells_before.segment is null then 1
            when cells_after.frequency_from > cells_before.frequency_from then 1
            when cells_after.frequency_from = cells_before.frequency_from
                and cells_after.recency_from < cells_before.recency_from then 1
            else 0
        end as integer) as rf_up,
        cast(case
            when cells_after.frequency_from = cells_before.frequency_from
                and cells_after.recency_from > cells_before.recency_from then 1
            else 0
        end as integer) as rf_down,
        cast(case
            when aged.rank_position_after is null then 0
            when aged.rank_position_before is null or aged.rank_position_after < aged.rank_position_before then 1
            else 0
        end as integer) as rank_up,
        cast(case
            when aged.rank_position_before is null then 0
            when aged.rank_position_after is null or aged.rank_position_after > aged.rank_position_before then 1
            else 0
        end as integer) as rank_down
    from aged
    inner join sales_bands
        on
            (sales_bands.from_sales is null or aged.prior_sales >= sales_bands.from_sales)
            and (sales_bands.until_sales is null or aged.prior_sales < sales_bands.until_sales)
    left join rank_names on aged.rank_position_before = rank_names.rank_position
    left join cells as cells_before
        on aged.months_before = cells_before.months and aged.orders_before = cells_before.orders
    left join cells as cells_after
        on aged.months_after = cells_after.months and aged.orders_at_end = cells_after.orders
)

select * from customers
