{# A small table written out: `values` is a list of dicts of text with the same keys. #}
{% macro rows(values) -%}
    {%- for value in values %}
    select {% for name, text in value.items() %}cast('{{ text }}' as varchar) as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
    {{- ' union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Every optional column that may turn out unreadable, with the words for it. #}
{% macro optional_columns() -%}
    {%- set found = [] -%}
    {%- for source_name in all_sources() -%}
        {%- for column in source_columns(source_name) if not column.required and can_be_unreadable(column) -%}
            {%- do found.append({'source': source_name, 'column_name': column.name, 'problem': unreadable_reason(column)}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found or [{'source': '', 'column_name': '', 'problem': ''}]) }}
{%- endmacro %}
