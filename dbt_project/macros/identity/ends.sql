{# A condition: the identifier is an end of one of these pairs. Said of a table before pairs are joined with it, so that it is not joined whole. #}
{% macro is_end_of(column, pairs) -%}
    {{ column }} in (
        select pairs.left_key from {{ pairs }} as pairs
        union
        select pairs.right_key from {{ pairs }} as pairs
    )
{%- endmacro %}
