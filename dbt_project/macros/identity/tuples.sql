{# The distinct tuples of identifiers of one source, per file: thirty million web events hold a few million of them. Each value is
   hashed here, once per tuple, so that a day hashes the day's and all that follows joins integers.
   `entry` is an element of identity_sources(). #}
{% macro identity_tuples(entry) -%}
    select
        '{{ entry.source }}' as source,
        '{{ entry.rule }}' as rule,
        grouped._file_id,
        {{ staged_generation("'" ~ entry.source ~ "'") }} as _generation,
        '{{ invocation_id }}' as _batch,
        {%- for kind in identifier_kinds() %}
        {%- if kind in entry.identifiers %}
        grouped.{{ kind }},
        {{ key_of(kind, 'grouped.' ~ kind) }} as {{ kind }}_key,
        {%- else %}
        cast(null as varchar) as {{ kind }},
        cast(null as bigint) as {{ kind }}_key,
        {%- endif %}
        {%- endfor %}
        grouped.landing_no,
        grouped.first_seen_at,
        grouped.last_seen_at,
        grouped.observations,
        grouped.first_line_no
    from (
        select
            base._file_id,
            {%- for kind, expression in entry.identifiers.items() %}
            cast({{ expression }} as varchar) as {{ kind }},
            {%- endfor %}
            cast(min(base._landing_no) as bigint) as landing_no,
            min({{ entry.first_seen }}) as first_seen_at,
            max({{ entry.last_seen }}) as last_seen_at,
            cast(count(*) as bigint) as observations,
            cast(min(base._line_no) as bigint) as first_line_no
        from {{ ref('base_' ~ entry.source) }} as base
        where {{ identity_rows(entry) }}
            and coalesce({{ entry.identifiers.values() | join(', ') }}{{ ', null' if entry.identifiers | length == 1 }}) is not null
        group by base._file_id, {{ entry.identifiers.values() | join(', ') }}
    ) as grouped
{%- endmacro %}

{# The rows of a base table that identity reads: valid ones, of files that this model has not read yet, or not as they are staged now;
   of files in which an erasure has corrected rows, those that share a value with one. #}
{% macro identity_rows(entry) -%}
    {%- set files = source('run', 'files') -%}
    {%- set corrected = is_corrected('base', entry.identifiers.values()) -%}
    base.row_outcome in ('staged'{{ ", 'superseded'" if entry.versions }})
        {%- if is_incremental() %}
        and ({{ corrected }} or base._file_id in (
            select files.file_id
            from {{ files }} as files
            where files.source = '{{ entry.source }}'
                and files.file_id not in (
                    select distinct held._file_id
                    from {{ this }} as held
                    where held.source = '{{ entry.source }}'
                        and held._generation = {{ staged_generation("'" ~ entry.source ~ "'") }}
                )
        ))
        {%- endif %}
{%- endmacro %}

{# How many times staging rebuilt a source (an SQL expression) from landing. #}
{% macro staged_generation(source_name) -%}
    cast(coalesce((
        select max(fingerprints.generation)
        from {{ source('staged', 'fingerprints') }} as fingerprints
        where fingerprints.source = {{ source_name }}
    ), 0) as bigint)
{%- endmacro %}

{# Milliseconds since 1970 of a UTC timestamp. #}
{% macro epoch_milliseconds(timestamp) -%}
    {{ return(adapter.dispatch('epoch_milliseconds', 'kizuna')(timestamp)) }}
{%- endmacro %}

{% macro default__epoch_milliseconds(timestamp) -%}
    epoch_ms({{ timestamp }})
{%- endmacro %}

{% macro spark__epoch_milliseconds(timestamp) -%}
    unix_millis({{ timestamp }})
{%- endmacro %}

{# A row's place among all rows as one integer: landing and time in `landing_and_time`, then the number of its file (below a
   million), then its line (below ten thousand million). Its minimum is the earliest row, and costs no sort. #}
{% macro place_of(landing_and_time, file_rank, line_no) -%}
    {{ return(adapter.dispatch('place_of', 'kizuna')(landing_and_time, file_rank, line_no)) }}
{%- endmacro %}

{% macro default__place_of(landing_and_time, file_rank, line_no) -%}
    cast({{ landing_and_time }} as hugeint) * 10000000000000000 + {{ file_rank }} * {{ line_span() }} + {{ line_no }}
{%- endmacro %}

{% macro spark__place_of(landing_and_time, file_rank, line_no) -%}
    cast(cast({{ landing_and_time }} as decimal(19, 0)) * cast(10000000000000000 as decimal(17, 0)) as decimal(38, 0))
        + {{ file_rank }} * {{ line_span() }} + {{ line_no }}
{%- endmacro %}

{# File number times this plus line, of a place. #}
{% macro file_and_line(place) -%} cast({{ place }} % 10000000000000000 as bigint) {%- endmacro %}

{# More lines than any file has. #}
{% macro line_span() -%} 10000000000 {%- endmacro %}

{# The values of a group as a sorted list. #}
{% macro sorted_list(expression) -%}
    {{ return(adapter.dispatch('sorted_list', 'kizuna')(expression)) }}
{%- endmacro %}

{% macro default__sorted_list(expression) -%}
    list({{ expression }} order by {{ expression }})
{%- endmacro %}

{% macro spark__sorted_list(expression) -%}
    array_sort(collect_list({{ expression }}))
{%- endmacro %}

{# A rule table holds an identifier as somebody wrote it; staging has read it as it reads the same in a source. #}
{% macro join_rule_value(alias, kind, value) -%}
    left join {{ source('normalised', 'normalised_values') }} as {{ alias }}
        on {{ alias }}.kind = case when {{ kind }} in ('email', 'phone') then {{ kind }} else 'id' end
        and {{ alias }}.raw = {{ value }}
{%- endmacro %}

{# More milliseconds than any time has (the year 2286), so that landing number times this plus a time orders as the two do. #}
{% macro landing_span() -%} 10000000000000 {%- endmacro %}
