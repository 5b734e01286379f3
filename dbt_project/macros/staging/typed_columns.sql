{# How one column of a source becomes typed. `landed` is the row as it came, `n_<column>` its row of normalised_values. #}

{% macro sql_type(type) -%}
    {{ return({'date': 'date', 'timestamp': 'timestamp', 'boolean': 'boolean', 'integer': 'bigint', 'money': 'decimal(18, 2)'}.get(type, 'varchar')) }}
{%- endmacro %}

{# Enumerations are matched in SQL alone, free text is only trimmed; every other kind may need normalised_values. #}
{% macro needs_normalising(column) -%}
    {{ return(column.kind_from is not none or column.type not in ['text', 'enum']) }}
{%- endmacro %}

{# False for kinds that keep whatever they cannot make better. #}
{% macro can_be_unreadable(column) -%}
    {{ return(column.kind_from is not none or column.type in ['email', 'phone', 'date', 'timestamp', 'boolean', 'integer', 'money', 'enum']) }}
{%- endmacro %}

{# The kind of identifier that a `kind_from` column names, as SQL. #}
{% macro kind_of_row(column) -%}
    case lower({{ trimmed('landed.' ~ column.kind_from) }})
        {%- for word, kind in kinds_by_word() %} when '{{ word }}' then '{{ kind }}'{% endfor %} else 'id'
    end
{%- endmacro %}

{% macro is_plain_column(column) -%}
    {%- set value = 'landed.' ~ column.name -%}
    {%- if column.kind_from -%}
    case {{ kind_of_row(column) }} when 'email' then {{ is_plain('email', value) }} when 'phone' then {{ is_plain('phone', value) }} else {{ is_plain('id', value) }} end
    {%- else -%}
    {{ is_plain('id' if column.type == 'product_id' else column.type, value) }}
    {%- endif -%}
{%- endmacro %}

{% macro normalised_kind(column) -%}
    {%- if column.kind_from -%} {{ kind_of_row(column) }}
    {%- else -%} '{{ 'id' if column.type == 'product_id' else column.type }}'
    {%- endif -%}
{%- endmacro %}

{# What SQL leaves to Python: the raw value where it is not plain, else null. Evaluated once per row, since patterns cost. #}
{% macro unread_value(column) -%}
    case when not {{ is_plain_column(column) }} then landed.{{ column.name }} end
{%- endmacro %}

{# The value of a column, null where it is empty or unreadable. #}
{% macro typed_value(column) -%}
    {%- set value = 'landed.' ~ column.name -%}
    {%- if column.type == 'enum' -%}
    case
        when {{ value }} in ('{{ column.one_of | join("', '") }}') then {{ value }}
        when lower({{ trimmed(value) }}) in ('{{ column.one_of | join("', '") }}') then lower({{ trimmed(value) }})
    end
    {%- elif not needs_normalising(column) -%}
    {{ plain_value('text', value) }}
    {%- elif column.kind_from -%}
    case
        when landed._unread_{{ column.name }} is not null then n_{{ column.name }}.value
        else case {{ kind_of_row(column) }} when 'email' then {{ plain_value('email', value) }} when 'phone' then {{ plain_value('phone', value) }} else {{ plain_value('id', value) }} end
    end
    {%- else -%}
    case
        when landed._unread_{{ column.name }} is null then {{ plain_value('id' if column.type == 'product_id' else column.type, value) }}
        else try_cast(n_{{ column.name }}.value as {{ sql_type(column.type) }})
    end
    {%- endif -%}
{%- endmacro %}

{% macro join_normalised(column) -%}
    left join {{ source('normalised', 'normalised_values') }} as n_{{ column.name }}
        on n_{{ column.name }}.kind = {{ normalised_kind(column) }}
        and n_{{ column.name }}.raw = landed._unread_{{ column.name }}
{%- endmacro %}

{# Why a value that was looked up has none: what Python said, `is empty` where nothing was left of it. #}
{% macro looked_up_problem(column) -%}
    case
        when landed._unread_{{ column.name }} is null then null
        when n_{{ column.name }}.raw is null then 'was not normalised'
        else coalesce(n_{{ column.name }}.problem, 'is empty')
    end
{%- endmacro %}

{% macro unreadable_reason(column) -%}
    {{ return({
        'email': 'is not an e-mail address', 'phone': 'is not a phone number', 'date': 'is not a date', 'timestamp': 'is not a time',
        'boolean': 'is none of true, false, 1, 0, yes, no', 'integer': 'is not a whole number', 'money': 'is not an amount of money',
        'enum': 'is none of ' ~ (column.one_of | join(', ')),
    }.get(column.type, 'cannot be read')) }}
{%- endmacro %}

{# Why a column has no value: `is empty`, or why it could not be read; null where it has one. #}
{% macro problem_of(column) -%}
    case
        when typed.{{ column.name }} is not null then null
        {%- if needs_normalising(column) %}
        when typed._lookup_{{ column.name }} is not null then typed._lookup_{{ column.name }}
        {%- endif %}
        when coalesce({{ trimmed('typed._raw_' ~ column.name) }}, '') = '' then 'is empty'
        else '{{ unreadable_reason(column) }}'
    end
{%- endmacro %}
