{# Text functions whose names differ between engines. #}

{# True where the whole of `value` matches; the pattern is the common part of RE2 and Java. #}
{% macro matches(value, pattern) -%}
    {{ return(adapter.dispatch('matches', 'kizuna')(value, pattern)) }}
{%- endmacro %}

{% macro default__matches(value, pattern) -%}
    regexp_full_match({{ value }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__matches(value, pattern) -%}
    ({{ value }} rlike '^({{ pattern }})$')
{%- endmacro %}

{# Without ASCII white space and full-width spaces at both ends. #}
{% macro trimmed(value) -%}
    {{ return(adapter.dispatch('trimmed', 'kizuna')(value)) }}
{%- endmacro %}

{% macro default__trimmed(value) -%}
    trim({{ value }}, ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || '　')
{%- endmacro %}

{% macro spark__trimmed(value) -%}
    trim(both ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || '　' from {{ value }})
{%- endmacro %}

{# A 64-bit hash for finding candidates within one query; never stored, since engines and versions differ. #}
{% macro query_hash(value) -%}
    {{ return(adapter.dispatch('query_hash', 'kizuna')(value)) }}
{%- endmacro %}

{% macro default__query_hash(value) -%}
    hash({{ value }})
{%- endmacro %}

{% macro spark__query_hash(value) -%}
    xxhash64({{ value }})
{%- endmacro %}

{# A JSON object as text; `columns` maps its keys to SQL expressions. #}
{% macro json_text(columns) -%}
    {{ return(adapter.dispatch('json_text', 'kizuna')(columns)) }}
{%- endmacro %}

{% macro default__json_text(columns) -%}
    cast(json_object({% for name, value in columns.items() %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %}) as varchar)
{%- endmacro %}

{% macro spark__json_text(columns) -%}
    to_json(named_struct({% for name, value in columns.items() %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %}))
{%- endmacro %}
