{# A condition: a row of rf_segments, called `segments`, is that of so many completed months and orders. #}
{% macro is_of_segment(segments, months, orders) -%}
    {{ months }} >= {{ segments }}.recency_from
            and ({{ segments }}.recency_to is null or {{ months }} < {{ segments }}.recency_to)
            and {{ orders }} >= {{ segments }}.frequency_from
            and ({{ segments }}.frequency_to is null or {{ orders }} < {{ segments }}.frequency_to)
{%- endmacro %}
