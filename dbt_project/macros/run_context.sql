{# What this run is about, as scalars: written into schema `run` before any stage. #}
{% macro as_of() -%}
    (select context.as_of from {{ source('run', 'context') }} as context)
{%- endmacro %}

{# The end of as_of, exclusive, as a UTC timestamp. #}
{% macro as_of_end_at() -%}
    (select context.as_of_end_at from {{ source('run', 'context') }} as context)
{%- endmacro %}

{% macro setting(name, type='varchar') -%}
    (select cast(settings.value as {{ type }}) from {{ source('run', 'settings') }} as settings where settings.name = '{{ name }}')
{%- endmacro %}

{# The Tokyo day of a UTC timestamp. Japan has had no daylight saving since 1951, so nine hours are exact. #}
{% macro tokyo_day(timestamp) -%}
    cast({{ timestamp }} + interval '9 hours' as date)
{%- endmacro %}
