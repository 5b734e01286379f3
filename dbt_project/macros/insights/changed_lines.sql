{# Counted order lines up to the end of as_of of the customers whose rows have to be made, as a subquery with columns of `order_items`. As with
   `touchpoints_to_read`, it is a small table with the lines of those customers in a usual run. #}
{% macro lines_to_read() -%}
    {%- if not execute -%}{%- do ref('int_insights__changed_lines') -%}{%- endif -%}
    {%- set condition = of_changed_customers('customer_id') -%}
    {%- set is_newest = condition != 'true' and run_query(
        'select max(change_no) = ' ~ changes_held(this) ~ ' + 1 from ' ~ ref('int_core__changed_customers')).rows[0][0] -%}
    {%- if is_newest -%}
    {{ ref('int_insights__changed_lines') }}
    {%- else -%}
    (
        select * from {{ ref('order_items') }}
        where is_counted
            and customer_id is not null
            and ordered_at < {{ as_of_end_at() }}
            and {{ condition }}
    )
    {%- endif -%}
{%- endmacro %}
