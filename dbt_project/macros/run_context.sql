{# What this run is about, as scalars: written into schema `run` before any stage. #}
{% macro as_of() -%}
    (select context.as_of from {{ source('run', 'context') }} as context)
{%- endmacro %}

{# The end of as_of, exclusive, as a UTC timestamp. Where a table goes on from the last run it is written out: of a table that is compared with a subquery
   DuckDB expects a handful of rows, and hashes all of them to look up those of the few customers who have changed, not the other way round. Not in dbt's
   unit tests, which bring a context of their own. #}
{% macro as_of_end_at() -%}
    {%- set as_of_end_at -%}
        (select context.as_of_end_at from {{ source('run', 'context') }} as context)
    {%- endset -%}
    {%- set goes_on = model.resource_type != 'unit_test' and is_incremental() -%}
    {{ "cast('" ~ run_query('select ' ~ as_of_end_at).rows[0][0] ~ "' as timestamp)" if goes_on else as_of_end_at }}
{%- endmacro %}

{% macro setting(name, type='varchar') -%}
    (select cast(settings.value as {{ type }}) from {{ source('run', 'settings') }} as settings where settings.name = '{{ name }}')
{%- endmacro %}

{# The Tokyo day of a UTC timestamp. Japan has had no daylight saving since 1951, so nine hours are exact. #}
{% macro tokyo_day(timestamp) -%}
    cast({{ timestamp }} + interval '9 hours' as date)
{%- endmacro %}
