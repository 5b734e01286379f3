{%- set parts = [
    ('product', 'basket', as_of(), 'held_baskets'), ('product', 'customer', as_of(), 'held_baskets'),
    ('category', 'basket', as_of(), 'held_baskets'), ('category', 'customer', as_of(), 'held_baskets'),
    ('product', 'basket', backtest_day(), 'backtest_baskets'),
] -%}
with nobodys_lines as (
    {{ basket_lines('lines.customer_id is null') }}
),

nobodys_items as (
    select
        items.*,
        true as is_now,
        false as is_then
    from ({{ basket_items('nobodys_lines', ['basket']) }}) as items
),

nobodys_contents as (
    {{ basket_contents('nobodys_items') }}
),

counts as (
    select
        counted.level,
        counted.basis,
        counted.left_id,
        counted.right_id,
        cast(sum(counted.baskets) as bigint) as held_baskets,
        cast(sum(counted.backtest_baskets) as bigint) as backtest_baskets
    from (
        select
            pair_counts.level,
            pair_counts.basis,
            pair_counts.left_id,
            pair_counts.right_id,
            pair_counts.baskets,
            pair_counts.backtest_baskets
        from {{ ref('int_marts__pair_counts') }} as pair_counts
        union all
        {{ basket_counts('nobodys_contents') }}
    ) as counted
    group by counted.level, counted.basis, counted.left_id, counted.right_id
),

all_pairs as (
    {% for level, basis, day, baskets in parts -%}
    select
        cast({{ day }} as date) as as_of,
        pairs.level,
        pairs.basis,
        pairs.left_id,
        pairs.right_id,
        pairs.{{ baskets }} as baskets_together,
        left_held.{{ baskets }} as left_baskets,
        right_held.{{ baskets }} as right_baskets,
        everything.{{ baskets }} as baskets
    from counts as pairs
    {% for held, condition in [
        ('left_held', 'pairs.left_id = left_held.left_id and left_held.right_id is null'),
        ('right_held', 'pairs.right_id = right_held.left_id and right_held.right_id is null'),
        ('everything', 'everything.left_id is null'),
    ] -%}
    inner join counts as {{ held }}
        on pairs.level = {{ held }}.level and pairs.basis = {{ held }}.basis and {{ condition }}
    {% endfor -%}
    where pairs.level = '{{ level }}'
        and pairs.basis = '{{ basis }}'
        and pairs.right_id is not null
        and pairs.{{ baskets }} >= {{ setting('pair_min_together', 'integer') }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

measured as (
    select
        all_pairs.*,
        all_pairs.baskets_together * 1.0e0 / all_pairs.baskets as support,
        all_pairs.baskets_together * 1.0e0 / all_pairs.left_baskets as confidence_left_to_right,
        all_pairs.baskets_together * 1.0e0 / all_pairs.right_baskets as confidence_right_to_left,
        all_pairs.baskets_together * 1.0e0 * all_pairs.baskets / (all_pairs.left_baskets * all_pairs.right_baskets) as lift
    from all_pairs
)

select * from measured
