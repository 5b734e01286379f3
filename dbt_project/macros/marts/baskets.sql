{# What is bought together is counted from run to run. `int_marts__basket_items` keeps what each customer's baskets hold, whenever it was bought;
   `int_marts__pair_counts` keeps how many baskets in the windows of its last run held each item and each pair, and a run adds to that what has
   come since and takes off what has gone: of customers who have changed, whose former items wait in `run.gone_basket_items`, and of
   baskets of which an item has entered or left a window. Numbers of baskets are whole, so nothing is lost in adding up. #}

{# The last day that a backtest knows, of a run on `day`: what came after it is what it is tested on. #}
{% macro backtest_day(day=none) -%}
    {{ add_days(day or as_of(), '-' ~ setting('backtest_days', 'integer')) }}
{%- endmacro %}

{# Counted order lines up to the end of as_of, of the customers of a condition. #}
{% macro basket_lines(of_customers) -%}
    select
        lines.customer_id,
        lines.order_id,
        lines.product_id,
        lines.category,
        lines.ordered_at
    from {{ ref('order_items') }} as lines
    where
        lines.is_counted
        and lines.ordered_at < {{ as_of_end_at() }}
        and {{ of_customers }}
{%- endmacro %}

{# One row per level, basis, basket and item of `lines`, with the last day on which the basket got the item. level: product or category. basis:
   basket (one order) or customer (all that one customer bought, the newest `pair_max_products` of it). No window is in it: what of a
   basket lies in a window that ends at as_of are its newest items. #}
{% macro basket_items(lines, bases) -%}
    {%- for level, item in [('product', 'product_id'), ('category', 'category')] -%}
    {%- set is_last_level = loop.last -%}
    {%- for basis in bases -%}
    {%- set basket = 'order_id' if basis == 'basket' else 'customer_id' -%}
    select
        held.customer_id,
        '{{ level }}' as level,
        '{{ basis }}' as basis,
        held.basket_id,
        held.item_id,
        held.last_on
    from (
        select
            lines.customer_id,
            lines.{{ basket }} as basket_id,
            lines.{{ item }} as item_id,
            {% if basis == 'customer' -%}
            row_number() over (
                partition by lines.customer_id
                order by max(lines.ordered_at) desc nulls last, lines.{{ item }} asc nulls last
            ) as place,
            {% endif -%}
            max({{ tokyo_day('lines.ordered_at') }}) as last_on
        from {{ lines }} as lines
        where lines.{{ item }} is not null
        group by lines.customer_id, lines.{{ basket }}, lines.{{ item }}
    ) as held
    {% if basis == 'customer' -%}
    where held.place <= {{ setting('pair_max_products', 'integer') }}
    {% endif -%}
    {{ 'union all' if not (loop.last and is_last_level) }}
    {% endfor -%}
    {% endfor -%}
{%- endmacro %}

{# What there is to count in baskets: each item (left_id), each pair of items (left_id, right_id), and the basket itself (neither). last_on says for how
   long it is in a window: the last day of the item, of a pair the older of both, of a basket the newest of all. `items` has is_now and
   is_then: whether they are in the basket now, and whether they were when they were counted last. #}
{% macro basket_contents(items) -%}
    select
        items.level,
        items.basis,
        items.is_now,
        items.is_then,
        items.item_id as left_id,
        cast(null as varchar) as right_id,
        items.last_on
    from {{ items }} as items
    union all
    select
        items.level,
        items.basis,
        items.is_now,
        items.is_then,
        cast(null as varchar) as left_id,
        cast(null as varchar) as right_id,
        max(items.last_on) as last_on
    from {{ items }} as items
    group by items.level, items.basis, items.basket_id, items.is_now, items.is_then
    union all
    select
        left_items.level,
        left_items.basis,
        left_items.is_now,
        left_items.is_then,
        left_items.item_id as left_id,
        right_items.item_id as right_id,
        least(left_items.last_on, right_items.last_on) as last_on
    from {{ items }} as left_items
    inner join {{ items }} as right_items
        on
            left_items.basket_id = right_items.basket_id
            and left_items.level = right_items.level
            and left_items.basis = right_items.basis
            and left_items.is_now = right_items.is_now
            and left_items.is_then = right_items.is_then
            and left_items.item_id < right_items.item_id
{%- endmacro %}

{# A condition: a day is in the window that ends with `day`. #}
{% macro in_pair_window(column, day) -%}
    ({{ column }} <= {{ day }} and {{ column }} > {{ add_days(day, '-' ~ setting('pair_window_days', 'integer')) }})
{%- endmacro %}

{# Sums of `contents`, by what there is to count: baskets in the window that ends at as_of, and in that of the backtest, which asks for products in
   one order alone. `then`: the day of the run in which they were counted last, whose count is taken off; none where all are counted. #}
{% macro basket_counts(contents, then=none) -%}
    select
        contents.level,
        contents.basis,
        contents.left_id,
        contents.right_id,
        {% for name, condition, now, before in [
            ('baskets', 'true', as_of(), then),
            ('backtest_baskets', "contents.level = 'product' and contents.basis = 'basket'", backtest_day(), backtest_day(then)),
        ] -%}
        cast(sum(
            case when {{ condition }} and contents.is_now and {{ in_pair_window('contents.last_on', now) }} then 1 else 0 end
            {% if then -%}
            - case when {{ condition }} and contents.is_then and {{ in_pair_window('contents.last_on', before) }} then 1 else 0 end
            {% endif -%}
        ) as bigint) as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ contents }} as contents
    group by contents.level, contents.basis, contents.left_id, contents.right_id
{%- endmacro %}

{# A condition: on `then` the day was in other windows than it is in now. #}
{% macro has_moved_in_windows(column, then) -%}
    ({{ in_pair_window(column, as_of()) }} <> {{ in_pair_window(column, then) }}
    or {{ in_pair_window(column, backtest_day()) }} <> {{ in_pair_window(column, backtest_day(then)) }})
{%- endmacro %}

{# Pre-hook of the items: those of customers who have changed go, and wait to be taken off the counts. #}
{% macro forget_changed_baskets() -%}
    {%- set of_changed = of_changed_customers('customer_id') %}
    {%- if of_changed != 'true' %}
    insert into {{ source('run', 'gone_basket_items') }}
    select level, basis, basket_id, item_id, last_on, change_no from {{ this }} where {{ of_changed }};
    {%- endif %}
    {{ forget_changed_customers() }}
{%- endmacro %}

{# What the counts of pairs hold, as `counts_held` tells it. #}
{% macro pair_counts_held() -%}
    {%- if not execute -%}{%- do ref('int_core__changed_customers') -%}{%- do source('run', 'changes_held') -%}{%- do source('run', 'gone_basket_items') -%}{%- endif -%}
    {{ return(counts_held([ref('int_marts__basket_items')])) }}
{%- endmacro %}
