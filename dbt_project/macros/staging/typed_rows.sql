{# Every row of a source's files that this model does not hold yet, typed and judged: the whole of a base model.

   Events: the first landed copy of a key is staged, later ones are duplicates. Upserts: the newest version is staged, the
   others superseded; the rows held already of a key that comes again are judged anew (delete+insert by `_key`). Only keys
   that occur more than once are sorted, so that thirty million rows stream through. A row of an erased person of which landing keeps
   nothing but its place says so in `_problem` (dagster_project/privacy/overwrite.py). #}
{% macro typed_rows(source_name) -%}
    {%- set landing = source('landing', source_name) -%}
    {%- set files = source('run', 'files') -%}
    {%- set values = source('normalised', 'normalised_values') -%}
    {%- if not execute -%}
        {{ return('select 1 as _line_no from ' ~ landing ~ ', ' ~ files ~ ', ' ~ values) }}
    {%- endif -%}
    {%- if source_rules(source_name).mode == 'event' -%}
        {{ return(typed_events(source_name, new_files_filter(source_name))) }}
    {%- endif -%}
    {{ return(typed_versions(source_name, new_files_filter(source_name))) }}
{%- endmacro %}

{# The files to read, written out so that Parquet files and row groups of other days are not opened. #}
{% macro new_files_filter(source_name) -%}
    {%- if not is_incremental() -%} {{ return('true') }} {%- endif -%}
    {%- set query -%}
        select files.file_id from {{ source('run', 'files') }} as files
        where files.source = '{{ source_name }}' and files.file_id not in (select distinct base._file_id from {{ this }} as base)
        order by files.file_no
    {%- endset -%}
    {%- set file_ids = run_query(query).columns[0].values() | list -%}
    {{ return("landed._file_id in ('" ~ (file_ids | join("', '")) ~ "')" if file_ids else 'false') }}
{%- endmacro %}

{# Rows with the outcome of their own columns: typed, with `problem_reason` where they belong in quarantine. `which` columns:
   all; required, which tell keys and quarantine; key, which tell candidates for copies. Three layers, so that each pattern is matched once per row: what
   SQL cannot read itself, the values, their problems. #}
{% macro judged_rows(source_name, filter, which='all') -%}
    {%- set columns = source_columns(source_name) -%}
    {%- set key = source_rules(source_name).key -%}
    {%- set required = [] -%}
    {%- for column in columns if column.required and (which != 'key' or column.name in key) %}{% do required.append(column) %}{% endfor -%}
    {%- set read = columns if which == 'all' else required -%}
    {%- set looked_up = [] -%}
    {%- for column in read if needs_normalising(column) %}{% do looked_up.append(column) %}{% endfor -%}
    {%- set raw = {} -%}
    {%- for column in columns %}{% do raw.update({column.name: 'judged._raw_' ~ column.name}) %}{% endfor -%}
    select
        judged._file_id,
        judged._line_no,
        judged._file_no,
        judged._landing_no,
        case
            when judged._problem is not null then null
            {%- for column in required %}
            when judged._problem_{{ column.name }} is not null then '{{ column.name }}'
            {%- endfor %}
        end as problem_column,
        coalesce(judged._problem{% for column in required %}, judged._problem_{{ column.name }}{% endfor %}) as problem_reason,
        {%- if which == 'all' %}
        judged.warning_columns,
        case
            when judged._problem = 'erased' then null
            when judged._problem is not null then {{ json_text({'_raw_line': 'judged._raw_line'}) }}
            when coalesce(judged._problem{% for column in required %}, judged._problem_{{ column.name }}{% endfor %}) is not null then {{ json_text(raw) }}
        end as row_json,
        {%- endif %}
        {%- for column in read %}
        judged.{{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            typed.*,
            {%- if which == 'all' %}
            {{ warnings_of(columns) }} as warning_columns,
            {%- endif %}
            {%- for column in required %}
            {{ problem_of(column) }} as _problem_{{ column.name }}{{ ',' if not loop.last }}
            {%- endfor %}
        from (
            select
                landed._file_id,
                landed._line_no,
                landed._file_no,
                landed._landing_no,
                landed._problem,
                landed._raw_line,
                {%- for column in read %}
                landed.{{ column.name }} as _raw_{{ column.name }},
                {%- endfor %}
                {%- for column in looked_up %}
                {{ looked_up_problem(column) }} as _lookup_{{ column.name }},
                {%- endfor %}
                {%- for column in read %}
                {{ typed_value(column) }} as {{ column.name }}{{ ',' if not loop.last }}
                {%- endfor %}
            from (
                select
                    landed.*{{ ',' if looked_up }}
                    {%- for column in looked_up %}
                    {{ unread_value(column) }} as _unread_{{ column.name }}{{ ',' if not loop.last }}
                    {%- endfor %}
                from {{ source('landing', source_name) }} as landed
                where {{ filter }}
            ) as landed
            {%- for column in looked_up %}
            {{ join_normalised(column) }}
            {%- endfor %}
        ) as typed
    ) as judged
{%- endmacro %}

{# The optional columns of a row that hold something unreadable, with commas between; null where none does. #}
{% macro warnings_of(columns) -%}
    {%- set fallible = [] -%}
    {%- for column in columns if not column.required and can_be_unreadable(column) %}{% do fallible.append(column) %}{% endfor -%}
    {%- if not fallible -%}
    cast(null as varchar)
    {%- else -%}
    nullif(concat_ws(',', {% for column in fallible -%}
        case when typed.{{ column.name }} is null and typed._raw_{{ column.name }} is not null and {{ problem_of(column) }} <> 'is empty' then '{{ column.name }}' end{{ ', ' if not loop.last }}
    {%- endfor %}), '')
    {%- endif -%}
{%- endmacro %}

{# The key of a row as one text: its columns joined by colons. #}
{% macro key_text(source_name, alias) -%}
    {%- for column in source_rules(source_name).key %}cast({{ alias }}.{{ column }} as varchar){{ " || ':' || " if not loop.last }}{% endfor -%}
{%- endmacro %}

{% macro key_columns(source_name, alias) -%}
    {%- for column in source_rules(source_name).key %}{{ alias }}.{{ column }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{% macro typed_events(source_name, filter) -%}
    {%- set columns = source_columns(source_name) -%}
with

repeated_hashes as (
    select {{ query_hash(key_text(source_name, 'judged')) }} as key_hash
    from ({{ judged_rows(source_name, filter, which='key') }}) as judged
    where judged.problem_reason is null
    group by {{ query_hash(key_text(source_name, 'judged')) }}
    having count(*) > 1
),

later_copies as (
    select copies._file_no, copies._line_no
    from (
        select
            judged._file_no,
            judged._line_no,
            row_number() over (partition by {{ key_columns(source_name, 'judged') }} order by judged._file_no, judged._line_no) as copy
        from ({{ judged_rows(source_name, filter, which='required') }}) as judged
        inner join repeated_hashes on repeated_hashes.key_hash = {{ query_hash(key_text(source_name, 'judged')) }}
        where judged.problem_reason is null
    ) as copies
    where copies.copy > 1
    {%- if is_incremental() %}
    union
    select judged._file_no, judged._line_no
    from {{ this }} as held
    inner join ({{ judged_rows(source_name, filter, which='required') }}) as judged
        on {% for column in source_rules(source_name).key %}{{ 'and ' if not loop.first }}judged.{{ column }} = held.{{ column }} {% endfor %}
    where held.row_outcome = 'staged' and judged.problem_reason is null
    {%- endif %}
),

judged as (
    {{ judged_rows(source_name, filter) }}
),

outcomes as (
    select
        judged._file_id,
        judged._line_no,
        judged._file_no,
        judged._landing_no,
        case
            when judged.problem_reason = 'erased' then 'erased'
            when judged.problem_reason is not null then 'quarantined'
            when later_copies._line_no is not null then 'duplicate'
            else 'staged'
        end as row_outcome,
        judged.problem_column,
        judged.problem_reason,
        judged.warning_columns,
        judged.row_json,
        {%- for column in columns %}
        judged.{{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from judged
    left join later_copies
        on later_copies._file_no = judged._file_no
        and later_copies._line_no = judged._line_no
)

select * from outcomes
{%- endmacro %}

{% macro typed_versions(source_name, filter) -%}
    {%- set columns = source_columns(source_name) -%}
    {%- set version = source_rules(source_name).get('version') -%}
with

judged as (
    {{ judged_rows(source_name, filter) }}
),

versions as (
    select
        judged._file_id,
        judged._line_no,
        judged._file_no,
        judged._landing_no,
        {#- A quarantined row stands for itself alone; its own key may be missing. #}
        case
            when judged.problem_reason is null then {{ key_text(source_name, 'judged') }}
            else '!' || judged._file_id || ':' || cast(judged._line_no as varchar)
        end as _key,
        judged.problem_column,
        judged.problem_reason,
        judged.warning_columns,
        judged.row_json,
        {%- for column in columns %}
        judged.{{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from judged
    {%- if is_incremental() %}
    union all
    select
        held._file_id,
        held._line_no,
        held._file_no,
        held._landing_no,
        held._key,
        held.problem_column,
        held.problem_reason,
        held.warning_columns,
        held.row_json,
        {%- for column in columns %}
        held.{{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ this }} as held
    {#- Found by their keys before anything else of them is read. #}
    where held.rowid in (
        select keyed.rowid
        from {{ this }} as keyed
        where keyed._key in (select {{ key_text(source_name, 'judged') }} from judged where judged.problem_reason is null)
    )
    {%- endif %}
),

repeated_hashes as (
    select {{ query_hash('versions._key') }} as key_hash
    from versions
    group by {{ query_hash('versions._key') }}
    having count(*) > 1
),

older_versions as (
    select ranked._file_no, ranked._line_no
    from (
        select
            versions._file_no,
            versions._line_no,
            row_number() over (
                partition by {{ key_columns(source_name, 'versions') }}
                order by {% if version %}versions.{{ version }} desc nulls last, {% endif %}versions._file_no desc, versions._line_no desc
            ) as version_rank
        from versions
        inner join repeated_hashes on repeated_hashes.key_hash = {{ query_hash('versions._key') }}
        where versions.problem_reason is null
    ) as ranked
    where ranked.version_rank > 1
),

outcomes as (
    select
        versions._file_id,
        versions._line_no,
        versions._file_no,
        versions._landing_no,
        versions._key,
        case
            when versions.problem_reason = 'erased' then 'erased'
            when versions.problem_reason is not null then 'quarantined'
            when older_versions._line_no is not null then 'superseded'
            else 'staged'
        end as row_outcome,
        versions.problem_column,
        versions.problem_reason,
        versions.warning_columns,
        versions.row_json,
        {%- for column in columns %}
        versions.{{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from versions
    left join older_versions
        on older_versions._file_no = versions._file_no
        and older_versions._line_no = versions._line_no
)

select * from outcomes
{%- endmacro %}
