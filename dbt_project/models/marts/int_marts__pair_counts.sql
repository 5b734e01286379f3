{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ note_changes_held() }}", post_hook="{{ settle_counts(['gone_basket_items']) }}"
) }}
{%- set held = pair_counts_held() %}

with items as (
    select
        items.level,
        items.basis,
        items.basket_id,
        items.item_id,
        items.last_on,
        true as is_now,
        {{ 'items.change_no <= ' ~ held[0] if held else 'false' }} as is_then
    from {{ ref('int_marts__basket_items') }} as items
    {%- if held %}
    where items.basket_id in (
        select moved.basket_id
        from {{ ref('int_marts__basket_items') }} as moved
        where moved.change_no > {{ held[0] }}
            or {{ has_moved_in_windows('moved.last_on', held[1]) }}
    )
    union all
    select
        gone.level,
        gone.basis,
        gone.basket_id,
        gone.item_id,
        gone.last_on,
        false as is_now,
        true as is_then
    from {{ source('run', 'gone_basket_items') }} as gone
    where gone.change_no <= {{ held[0] }}
    {%- endif %}
),

contents as (
    {{ basket_contents('items') }}
),

counts as (
    {{ basket_counts('contents', held[1] if held else none) }}
    {%- if held %}
    union all
    select
        stored.level,
        stored.basis,
        stored.left_id,
        stored.right_id,
        stored.baskets,
        stored.backtest_baskets
    from {{ this }} as stored
    {%- endif %}
),

pair_counts as (
    select
        counts.level,
        counts.basis,
        counts.left_id,
        counts.right_id,
        cast(sum(counts.baskets) as bigint) as baskets,
        cast(sum(counts.backtest_baskets) as bigint) as backtest_baskets,
        '{{ invocation_id }}' as _batch
    from counts
    group by counts.level, counts.basis, counts.left_id, counts.right_id
    having sum(counts.baskets) <> 0 or sum(counts.backtest_baskets) <> 0
)

select * from pair_counts
