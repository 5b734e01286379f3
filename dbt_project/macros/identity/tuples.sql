{# The distinct tuples of identifiers of one source, per file: thirty million web events hold a few million of them.
   `entry` is an element of identity_sources(). #}
{% macro identity_tuples(entry) -%}
    select
        '{{ entry.source }}' as source,
        '{{ entry.rule }}' as rule,
        base._file_id,
        {{ staged_generation("'" ~ entry.source ~ "'") }} as _generation,
        {%- for kind in identifier_kinds() %}
        cast({{ entry.identifiers.get(kind, 'null') }} as varchar) as {{ kind }},
        {%- endfor %}
        cast(min(base._landing_no) as bigint) as landing_no,
        min({{ entry.first_seen }}) as first_seen_at,
        max({{ entry.last_seen }}) as last_seen_at,
        cast(count(*) as bigint) as observations
    from {{ ref('base_' ~ entry.source) }} as base
    where {{ identity_rows(entry) }}
        and coalesce({{ entry.identifiers.values() | join(', ') }}{{ ', null' if entry.identifiers | length == 1 }}) is not null
    group by base._file_id, {{ entry.identifiers.values() | join(', ') }}
{%- endmacro %}

{# The rows of a base table that identity reads: valid ones, of files that this model has not read yet. #}
{% macro identity_rows(entry) -%}
    {%- set files = source('run', 'files') -%}
    base.row_outcome in ('staged'{{ ", 'superseded'" if entry.versions }})
        {%- if is_incremental() %}
        and base._file_id in (
            select files.file_id
            from {{ files }} as files
            where files.source = '{{ entry.source }}'
                and files.file_id not in (select held._file_id from {{ this }} as held where held.source = '{{ entry.source }}')
        )
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

{# Before an incremental model by file reads new files: a source that staging has built anew since, because a file was withdrawn or
   a rule changed, is read anew, whole. #}
{% macro forget_rebuilt_sources() -%}
    {%- if is_incremental() -%}
    delete from {{ this }}
    where _generation <> {{ staged_generation(this.identifier ~ '.source') }}
        or source in (
            select held.source
            from {{ this }} as held
            where held._file_id not in (select files.file_id from {{ source('run', 'files') }} as files)
        )
    {%- endif -%}
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

{# True where `value`, normalised, of the kind in `kind` is on the blocklist. The rules are read while dbt compiles, so that
   each pattern is compiled once and not per row. #}
{% macro is_on_blocklist(kind, value) -%}
    {%- set rules = [] -%}
    {%- set blocklist = ref('identity_blocklist') -%}
    {%- set values = source('normalised', 'normalised_values') -%}
    {%- if execute and load_relation(blocklist) is not none -%}
        {%- set query -%}
            select rules.kind, rules.match, coalesce(read.value, rules.value)
            from {{ blocklist }} as rules
            {{ join_rule_value('read', 'rules.kind', 'rules.value') }} and rules.match = 'value'
            order by 1, 2, 3
        {%- endset -%}
        {%- set found = run_query(query) -%}
        {%- for row in found.rows -%}
            {%- do rules.append({'kind': row[0], 'match': row[1], 'value': row[2] | replace("'", "''")}) -%}
        {%- endfor -%}
    {%- endif -%}
    case {{ kind }}
        {%- for kind_name in rules | map(attribute='kind') | unique %}
        when '{{ kind_name }}' then (
            {%- for rule in rules if rule.kind == kind_name -%}
            {{ ' or ' if not loop.first }}{% if rule.match == 'pattern' %}{{ matches(value, rule.value) }}{% else %}{{ value }} = '{{ rule.value }}'{% endif %}
            {%- endfor -%}
        )
        {%- endfor %}
        {%- if not rules %} when null then false{% endif %}
        else false
    end
{%- endmacro %}

{# A rule table holds an identifier as somebody wrote it; staging has read it as it reads the same in a source. #}
{% macro join_rule_value(alias, kind, value) -%}
    left join {{ source('normalised', 'normalised_values') }} as {{ alias }}
        on {{ alias }}.kind = case when {{ kind }} in ('email', 'phone') then {{ kind }} else 'id' end
        and {{ alias }}.raw = {{ value }}
{%- endmacro %}

{# More milliseconds than any time has (the year 2286), so that landing number times this plus a time orders as the two do. #}
{% macro landing_span() -%} 10000000000000 {%- endmacro %}
