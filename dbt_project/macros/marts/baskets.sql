{# The last day that a backtest knows: what came after it, up to as_of, is what it is tested on. #}
{% macro backtest_day() -%}
    {{ add_days(as_of(), '-' ~ setting('backtest_days', 'integer')) }}
{%- endmacro %}

{# Distinct (basket_id, item_id) of counted order lines in the window that ends with `day`. level: product or category. basis:
   basket (one order) or customer (what one customer bought in the window, the newest `pair_max_products` of it). #}
{% macro basket_items(level, basis, day) -%}
    {%- set basket = 'order_id' if basis == 'basket' else 'customer_id' -%}
    {%- set item = 'product_id' if level == 'product' else 'category' -%}
    select
        held.basket_id,
        held.item_id
    from (
        select
            lines.{{ basket }} as basket_id,
            lines.{{ item }} as item_id
            {%- if basis == 'customer' %},
            row_number() over (
                partition by lines.customer_id
                order by max(lines.ordered_at) desc nulls last, lines.{{ item }} asc nulls last
            ) as place
            {%- endif %}
        from {{ ref('order_items') }} as lines
        where
            lines.is_counted
            and lines.{{ basket }} is not null
            and lines.{{ item }} is not null
            and {{ tokyo_day('lines.ordered_at') }} <= {{ day }}
            and {{ tokyo_day('lines.ordered_at') }} > {{ add_days(day, '-' ~ setting('pair_window_days', 'integer')) }}
        group by lines.{{ basket }}, lines.{{ item }}
    ) as held
    {%- if basis == 'customer' %}
    where held.place <= {{ setting('pair_max_products', 'integer') }}
    {%- endif %}
{%- endmacro %}
