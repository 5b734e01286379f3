{# Counted order lines up to the end of as_of of the customers whose rows have to be made, as a subquery with the columns of `order_items`. #}
{% macro lines_to_read() -%}
    (
        select *
        from {{ ref('order_items') }}
        where is_counted
            and customer_id is not null
            and ordered_at < {{ as_of_end_at() }}
            and {{ of_changed_customers('customer_id') }}
    )
{%- endmacro %}
