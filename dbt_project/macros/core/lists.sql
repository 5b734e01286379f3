{# A list of text without anything in it. #}
{% macro empty_list() -%}
    {{ return(adapter.dispatch('empty_list', 'kizuna')()) }}
{%- endmacro %}

{% macro default__empty_list() -%}
    cast([] as varchar[])
{%- endmacro %}

{% macro spark__empty_list() -%}
    cast(array() as array<string>)
{%- endmacro %}
