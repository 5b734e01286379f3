{%- set parts = [
    ('product', 'basket', as_of()), ('product', 'customer', as_of()),
    ('category', 'basket', as_of()), ('category', 'customer', as_of()),
    ('product', 'basket', backtest_day()),
] -%}
with

{% for level, basis, day in parts -%}
items_{{ loop.index }} as (
    {{ basket_items(level, basis, day) }}
),

held_{{ loop.index }} as (
    select
        items.item_id,
        count(*) as baskets
    from items_{{ loop.index }} as items
    group by items.item_id
),

pairs_{{ loop.index }} as (
    select
        {{ day }} as as_of,
        '{{ level }}' as level,
        '{{ basis }}' as basis,
        together.left_id,
        together.right_id,
        together.baskets_together,
        left_held.baskets as left_baskets,
        right_held.baskets as right_baskets,
        (select count(distinct items.basket_id) from items_{{ loop.index }} as items) as baskets
    from (
        select
            left_items.item_id as left_id,
            right_items.item_id as right_id,
            count(*) as baskets_together
        from items_{{ loop.index }} as left_items
        inner join items_{{ loop.index }} as right_items
            on left_items.basket_id = right_items.basket_id and left_items.item_id < right_items.item_id
        group by left_items.item_id, right_items.item_id
        having count(*) >= {{ setting('pair_min_together', 'integer') }}
    ) as together
    inner join held_{{ loop.index }} as left_held on together.left_id = left_held.item_id
    inner join held_{{ loop.index }} as right_held on together.right_id = right_held.item_id
),

{% endfor -%}
all_pairs as (
    {% for part in parts -%}
    select * from pairs_{{ loop.index }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

measured as (
    select
        cast(all_pairs.as_of as date) as as_of,
        all_pairs.level,
        all_pairs.basis,
        all_pairs.left_id,
        all_pairs.right_id,
        cast(all_pairs.baskets_together as bigint) as baskets_together,
        cast(all_pairs.left_baskets as bigint) as left_baskets,
        cast(all_pairs.right_baskets as bigint) as right_baskets,
        cast(all_pairs.baskets as bigint) as baskets,
        all_pairs.baskets_together * 1.0e0 / all_pairs.baskets as support,
        all_pairs.baskets_together * 1.0e0 / all_pairs.left_baskets as confidence_left_to_right,
        all_pairs.baskets_together * 1.0e0 / all_pairs.right_baskets as confidence_right_to_left,
        all_pairs.baskets_together * 1.0e0 * all_pairs.baskets / (all_pairs.left_baskets * all_pairs.right_baskets) as lift
    from all_pairs
)

select * from measured
