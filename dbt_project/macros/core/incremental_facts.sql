{# Facts of event sources are loaded by file, once. A file is loaded again where its state has changed: other rows of it are staged
   (a withdrawn file gives its duplicates to a later one), staging has rebuilt the source, product codes or the salt have changed, or
   the model's own SQL. `staged` is the name of a staging model. #}
{% macro file_states(staged) -%}
    select
        staged._file_id,
        staged._file_no,
        md5(
            staged._file_id || '|' || cast(count(*) as varchar) || '|' || cast(sum(staged._line_no) as varchar) || '|' || {{ salt() }}
            || '|{{ local_md5(model.raw_code) }}|' || {{ product_codes_digest() }} || '|' || {{ generation_of(staged) }}
        ) as _state
    from {{ ref(staged) }} as staged
    group by staged._file_id, staged._file_no
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

{# The pre-hook of an incremental fact model: forgets files that are gone or whose state has changed. #}
{% macro forget_changed_files(staged) -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where _state not in (select states._state from ({{ file_states(staged) }}) as states)
    {%- endif -%}
{%- endmacro %}

{# The files that an incremental fact model has to load in this run. #}
{% macro files_to_load(staged) -%}
    select
        states._file_id,
        states._file_no,
        states._state
    from ({{ file_states(staged) }}) as states
    {% if is_incremental() -%}
    where states._file_id not in (select distinct loaded._file_id from {{ this }} as loaded)
    {%- endif %}
{%- endmacro %}
