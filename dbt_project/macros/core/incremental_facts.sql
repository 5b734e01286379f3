{# Facts of event sources are loaded by file, once. A file is loaded again where its state has changed: staging has rebuilt the source
   (a file of it was withdrawn), product codes or the salt have changed, or the model's own SQL. An erasure corrects staged rows in place and
   changes no state: the acts concerned stand in `run.corrected_acts` by their key, and they alone are made again, out of what is staged
   of them by now. `staged` is the name of a staging model.

   Which files a table holds in which state stands in `run.files_held`, written in the table's own transaction: what facts hold, and
   of it what touchpoints and parties have taken up. No table is read to know it. Where one was dropped, it is not incremental in its next
   build, which asks nothing and writes all that it holds. #}

{# The numbers of files are read off the staged rows themselves: to read their ids, or rows with what is joined to them, costs ten times as much. #}
{% macro file_states(staged) -%}
    select
        files.file_id as _file_id,
        files.file_no as _file_no,
        md5(
            files.file_id || '|' || {{ salt() }}
            || '|{{ local_md5(model.raw_code) }}|' || {{ product_codes_digest() }} || '|' || {{ generation_of(staged) }}
        ) as _state
    from {{ source('run', 'files') }} as files
    where files.source = '{{ source_of(staged) }}' and files.file_no in (
        select distinct base._file_no
        from {{ ref(staged | replace('stg_', 'base_')) }} as base
        where base.row_outcome = 'staged'
    )
{%- endmacro %}

{# What a holder of files ('facts', 'touchpoints', 'parties') has noted, as a relation; of one source or of all. #}
{% macro files_held_by(holder, source_name=none) -%}
    (
        select held.source, held.file_id, held.state
        from {{ source('run', 'files_held') }} as held
        where held.holder = '{{ holder }}' {{- " and held.source = '" ~ source_name ~ "'" if source_name }}
    )
{%- endmacro %}

{# Post-hook of touchpoints and parties: they hold what facts do. #}
{% macro note_files_of_facts(holder) -%}
    delete from {{ source('run', 'files_held') }} where holder = '{{ holder }}';
    insert into {{ source('run', 'files_held') }} (holder, source, file_id, state)
    select '{{ holder }}', facts.source, facts.file_id, facts.state from {{ files_held_by('facts') }} as facts
{%- endmacro %}

{# How many times staging has rebuilt a source from landing. #}
{% macro generation_of(staged) -%}
    (
        select cast(coalesce(max(fingerprints.generation), 0) as varchar)
        from {{ source('staged', 'fingerprints') }} as fingerprints
        where fingerprints.source = '{{ source_of(staged) }}'
    )
{%- endmacro %}

{% macro product_codes_digest() -%}
    (
        select cast(coalesce(bit_xor({{ identifier_key("md5(codes.surface || '|' || codes.code || '|' || codes.product_id)") }}), 0) as varchar)
        from {{ ref('product_code_map') }} as codes
    )
{%- endmacro %}

{# The pre-hook of an incremental fact model: forgets files that are gone or whose state has changed, and acts that were corrected. #}
{% macro forget_changed_files(staged) -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where _state in (
            select held.state
            from {{ files_held_by('facts', source_of(staged)) }} as held
            where held.state not in (select states._state from ({{ file_states(staged) }}) as states)
        );
        delete from {{ this }}
        where source_key in ({{ corrected_acts(staged) }})
    {%- endif -%}
{%- endmacro %}

{# Its post-hook: the files that it holds. #}
{% macro note_files_of(staged) -%}
    delete from {{ source('run', 'files_held') }} where holder = 'facts' and source = '{{ source_of(staged) }}';
    insert into {{ source('run', 'files_held') }} (holder, source, file_id, state)
    select 'facts', '{{ source_of(staged) }}', states._file_id, states._state from ({{ file_states(staged) }}) as states
{%- endmacro %}

{% macro source_of(staged) -%}
    {{ return(staged | replace('stg_', '')) }}
{%- endmacro %}

{# The keys of the acts of one source of which an erasure has corrected rows. #}
{% macro corrected_acts(staged) -%}
    select corrected.source_key
    from {{ source('run', 'corrected_acts') }} as corrected
    where corrected.source = '{{ source_of(staged) }}'
{%- endmacro %}

{# The files of a source, and whether an incremental fact model holds them: what `rows_to_load` knows as `files`. #}
{% macro files_of(staged) -%}
    select
        states._file_id,
        states._file_no,
        states._state,
        {{ "states._state in (select held.state from " ~ files_held_by('facts', source_of(staged)) ~ " as held)" if is_incremental() else 'false' }} as is_held
    from ({{ file_states(staged) }}) as states
{%- endmacro %}

{# The rows that an incremental fact model has to load in this run, with the `_state` of their file, as a subquery: of files that it does not
   hold all, of the others the acts that were corrected. `key` is the column that holds an act's key. #}
{% macro rows_to_load(staged, key) -%}
    (
        select
            staged.*,
            files._state
        from {{ ref(staged) }} as staged
        inner join files on staged._file_no = files._file_no
        where not files.is_held
        {%- if is_incremental() %}
        union all
        select
            staged.*,
            files._state
        from {{ ref(staged) }} as staged
        inner join files on staged._file_no = files._file_no
        where files.is_held
            and staged.{{ key }} in ({{ corrected_acts(staged) }})
        {%- endif %}
    )
{%- endmacro %}
