{# The host of a URL as it came; '' where it is not a URL, null where it is null. #}
{% macro url_host(url) -%}
    lower(split_part(split_part({{ url }}, '://', 2), '/', 1))
{%- endmacro %}
