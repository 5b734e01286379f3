{# Facts of event sources are loaded by file, once. A file is loaded again where its state has changed: staging has rebuilt the source
   (a file of it was withdrawn), product codes or the salt have changed, or the model's own SQL. An erasure corrects staged rows in place and
   changes no state: the acts concerned stand in `run.corrected_acts` by their key, and they alone are made again, out of what is staged
   of them by now. `staged` is the name of a staging model. #}
{% macro file_states(staged) -%}
    select
        files._file_id,
        files._file_no,
        md5(
            files._file_id || '|' || {{ salt() }}
            || '|{{ local_md5(model.raw_code) }}|' || {{ product_codes_digest() }} || '|' || {{ generation_of(staged) }}
        ) as _state
    from (select distinct staged._file_id, staged._file_no from {{ ref(staged) }} as staged) as files
{%- endmacro %}

{# How many times staging has rebuilt a source from landing. #}
{% macro generation_of(staged) -%}
    (
        select cast(coalesce(max(fingerprints.generation), 0) as varchar)
        from {{ source('staged', 'fingerprints') }} as fingerprints
        where fingerprints.source = '{{ staged | replace('stg_', '') }}'
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
            select held._state
            from (select distinct _state from {{ this }}) as held
            where held._state not in (select states._state from ({{ file_states(staged) }}) as states)
        );
        delete from {{ this }}
        where source_key in ({{ corrected_acts(staged) }})
    {%- endif -%}
{%- endmacro %}

{# The keys of the acts of one source of which an erasure has corrected rows. #}
{% macro corrected_acts(staged) -%}
    select corrected.source_key
    from {{ source('run', 'corrected_acts') }} as corrected
    where corrected.source = '{{ staged | replace('stg_', '') }}'
{%- endmacro %}

{# The files of a source, and whether an incremental fact model holds them: what `rows_to_load` knows as `files`. #}
{% macro files_of(staged) -%}
    select
        states._file_id,
        states._file_no,
        states._state,
        {{ 'states._file_id in (select distinct loaded._file_id from ' ~ this ~ ' as loaded)' if is_incremental() else 'false' }} as is_held
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
