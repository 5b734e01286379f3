{# A condition: what a customer did himself. Opens and clicks of messages, not what was sent to him; an order once, and not again because the
   site reports it. #}
{% macro is_own_act(acts) -%}
    (
        {{ acts }}.is_first_line
        and {{ acts }}.action <> 'web_purchase'
        and (not starts_with({{ acts }}.action, 'message_') or {{ acts }}.action in ('message_opened', 'message_clicked'))
    )
{%- endmacro %}

{# The first day of the calendar month some months before that of `day`. #}
{% macro month_before(day, months) -%}
    cast({{ month_of(day) }} - {{ months }} * interval '1 month' as date)
{%- endmacro %}

{# The first day of the calendar months whose acts tags count. #}
{% macro tag_window_on() -%}
    {{ month_before(as_of(), '(' ~ setting('tag_window_months', 'integer') ~ ' - 1)') }}
{%- endmacro %}

{# Whether the months have moved on since the table was built (column window_on), so that everybody's rows are made anew: within a month
   only those of customers who have changed. #}
{% macro tag_window_moved() -%}
    {{ return(run_query('select count(*) > 0 from ' ~ this ~ ' where window_on <> ' ~ tag_window_on()).rows[0][0]) }}
{%- endmacro %}

{# Pre-hook of a table of customers' acts in these months. #}
{% macro forget_changed_in_window() -%}
    {%- if is_incremental() and tag_window_moved() %}
    delete from {{ this }};
    {%- endif %}
    {{ forget_changed_customers() }}
{%- endmacro %}

{# A condition: the customer's rows have to be made in this run. #}
{% macro of_changed_in_window(column) -%}
    {%- set changed = of_changed_customers(column) -%}
    {{ return('true' if is_incremental() and tag_window_moved() else changed) }}
{%- endmacro %}
