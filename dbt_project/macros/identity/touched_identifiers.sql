{# Tables of the identity stage of which each row follows from the tuples of one identifier are kept from run to run: only the rows of
   identifiers of which a tuple has come, gone or changed are made again. To make such a model incremental:

       {{ config(
           materialized='incremental', incremental_strategy='append',
           pre_hook="{{ forget_touched_identifiers('identifier_key') }}", post_hook="{{ touch_all_where_whole() }}"
       ) }}

   and, wherever it reads identifiers, the condition

       where {{ of_touched_identifiers('identifier_key') }}

   Sightings and pairs are better read `from {{ sightings_to_read() }} as sightings`, which holds the condition.

   `int_identity__tuples` and `int_identity__web_purchases` note these identifiers in `run.touched_identifiers`, in their own transaction; null
   there means everybody. A row that is made again is first forgotten, so a run that died is simply run again. The list is emptied by the last
   table that needs it, which a daily run alone builds: until then every run makes the rows again.
   Rule tables on the way may be read as one likes: where one has changed, the table is dropped before the run and built whole
   (dagster_project/incremental.py), which touches everybody.
   A dbt unit test of such a model overrides is_incremental: `overrides: {macros: {is_incremental: false}}`. #}

{# A condition: the identifier's rows are to be made in this run. #}
{% macro of_touched_identifiers(column) -%}
    {%- set touched = touched_identifiers() -%}
    {{ return(column ~ ' in ' ~ touched if touched else 'true') }}
{%- endmacro %}

{# The identifiers whose rows are to be made in this run, as a subquery; none where that is everybody. #}
{% macro touched_identifiers() -%}
    {%- if not execute -%}{%- do source('run', 'touched_identifiers') -%}{%- endif -%}
    {%- if not is_incremental() or are_most_noted(source('run', 'touched_identifiers')) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return('(select touched.identifier_key from ' ~ source('run', 'touched_identifiers') ~ ' as touched)') }}
{%- endmacro %}

{# The sightings, or the pairs by their left identifier, of which the rows are to be made in this run. #}
{% macro sightings_to_read() -%}
    {{ return(to_read('int_identity__sightings', identity_sightings)) }}
{%- endmacro %}

{% macro pairs_to_read() -%}
    {{ return(to_read('int_identity__pairs', identity_pairs)) }}
{%- endmacro %}

{% macro to_read(view, part_of_it) -%}
    {%- if not execute -%}{%- do part_of_it() -%}{%- do tuples_to_read('()') -%}{%- endif -%}
    {%- set touched = touched_identifiers() -%}
    {{ return('(' ~ part_of_it(touched) ~ ')' if touched else ref(view)) }}
{%- endmacro %}

{# The tuples that hold these identifiers, or all. They stand in a table of their own where it was made after what is touched was noted: in this
   invocation of dbt. #}
{% macro tuples_to_read(touched) -%}
    {%- set tuples = ref('int_identity__touched_tuples') if touched else none -%}
    {%- if touched and 'model.kizuna.int_identity__touched_tuples' in selected_resources -%} {{ return(tuples) }} {%- endif -%}
    {{ return(ref('int_identity__tuples')) }}
{%- endmacro %}

{# Whether everybody is on a list, or so many that it is cheaper to make the whole table. #}
{% macro are_most_noted(list) -%}
    {%- set query -%}
        select coalesce(bool_or(noted.identifier_key is null), false)
            or count(distinct noted.identifier_key) > 0.3 * (select count(*) from {{ this }})
        from {{ list }} as noted
    {%- endset -%}
    {{ return(run_query(query).rows[0][0]) }}
{%- endmacro %}

{# Pre-hook: forgets the rows of the touched identifiers. #}
{% macro forget_touched_identifiers(column) -%}
    {%- if is_incremental() %}
    delete from {{ this }} where {{ of_touched_identifiers(column) }}
    {%- endif %}
{%- endmacro %}

{# The pre-hook of `int_identity__edges`: edges lie with their left identifier; those that somebody decided follow from a rule table. #}
{% macro forget_touched_edges() -%}
    {%- if is_incremental() %}
    delete from {{ this }} where rule = 'override' or {{ of_touched_identifiers('left_key') }}
    {%- endif %}
{%- endmacro %}

{# Post-hook: a table that was built whole does not know what it held before. #}
{% macro touch_all_where_whole() -%}
    {%- if not is_incremental() %}
    insert into {{ source('run', 'touched_identifiers') }} values (null)
    {%- endif %}
{%- endmacro %}

{# Hooks of the two tables of what files hold. `keys_of` is one of the two macros at the end. A file is read again where staging has built
   its source anew; of one in which an erasure has corrected rows, what shares a value with such a row is, and a generation that never was
   marks that. Old and new rows both stand in the table until the post-hook has compared them. #}

{# Pre-hook: marks what an erasure has changed. #}
{% macro mark_corrected_rows(columns) -%}
    {%- set corrected = is_corrected('held', columns) -%}
    {%- if is_incremental() and corrected != 'false' %}
    update {{ this }} as held set _generation = -1 where {{ corrected }}
    {%- endif %}
{%- endmacro %}

{# A condition: the row is of a file in which an erasure has corrected rows, and shares one of these values with such a row. #}
{% macro is_corrected(alias, values) -%}
    {%- set files, corrected = source('run', 'corrected_files'), source('erasure', 'corrected_values') -%}
    {%- if not execute or not is_incremental() or not run_query('select 1 from ' ~ files ~ ' limit 1').rows -%} {{ return('false') }} {%- endif -%}
    {%- set ns = namespace(any=[]) -%}
    {%- for value in values -%}
        {%- do ns.any.append(value ~ ' in (select corrected.value from ' ~ corrected ~ ' as corrected)') -%}
    {%- endfor -%}
    {{ return('(' ~ alias ~ '._file_id in (select files.file_id from ' ~ files ~ ' as files) and (' ~ ns.any | join(' or ') ~ '))') }}
{%- endmacro %}

{# Pre-hook: forgets rows of files that are withdrawn. The files are asked for first, which are few, and on most days none. #}
{% macro forget_withdrawn_files(keys_of) -%}
    {%- set query -%}
        select held._file_id
        from (select distinct _file_id from {{ this }}) as held
        where held._file_id not in (select files.file_id from {{ source('run', 'files') }} as files)
        order by held._file_id
    {%- endset %}
    {%- set files = run_query(query).columns[0].values() | list if execute and is_incremental() else [] %}
    {%- set withdrawn = this ~ " where _file_id in ('" ~ (files | join("', '")) ~ "')" %}
    {%- set touched = keys_of(withdrawn) %}
    {%- if files %}
    insert into {{ source('run', 'touched_identifiers') }}
    {{ touched }};
    delete from {{ withdrawn }}
    {%- endif %}
{%- endmacro %}

{# Post-hook: touches the identifiers of rows that have come or gone, and forgets the old rows of files that were read again. #}
{% macro touch_changed_rows(keys_of) -%}
    {%- set old = this ~ ' as held where ' ~ is_old_row('held') %}
    {%- set old_rows = 'select * exclude (_generation, _batch) from ' ~ old %}
    {%- set new_rows = 'select * exclude (_generation, _batch) from ' ~ this ~ " where _batch = '" ~ invocation_id ~ "'" %}
    {%- set touched = keys_of('changed_rows') %}
    {%- if is_incremental() %}
    {#- On most days no file is read again, and looking for its rows would read all others. #}
    {%- set has_old = run_query('select 1 from ' ~ old ~ ' limit 1').rows | length > 0 %}
    create or replace temp table changed_rows as
    {% if not has_old -%} {{ new_rows }}
    {%- else -%} ({{ new_rows }} except {{ old_rows }}) union all ({{ old_rows }} except {{ new_rows }})
    {%- endif %};
    insert into {{ source('run', 'touched_identifiers') }}
    {{ touched }};
    drop table changed_rows
    {%- if has_old %};
    delete from {{ old }}
    {%- endif %}
    {%- else %}
    insert into {{ source('run', 'touched_identifiers') }} values (null)
    {%- endif %}
{%- endmacro %}

{# A condition: the row was read before staging built its source anew, or an erasure changed its file. #}
{% macro is_old_row(alias) -%}
    {{ return(alias ~ '._generation <> ' ~ staged_generation(alias ~ '.source')) }}
{%- endmacro %}

{% macro keys_of_tuples(rows) -%}
    select distinct found.identifier_key
    from (select unnest([{{ identifier_kinds() | join('_key, ') }}_key]) as identifier_key from {{ rows }}) as found
    where found.identifier_key is not null
{%- endmacro %}

{# Of a purchase on the web: its visitor's, and those of the order that it names. An order that comes, goes or changes touches its own
   as every tuple does, and edges lie with those. #}
{% macro keys_of_purchases(rows) -%}
    select distinct found.identifier_key
    from (
        select visitor_id_key as identifier_key from {{ rows }}
        union all
        select unnest([
            {{ key_of('member_id', 'orders.member_id') }}, {{ key_of('email', 'orders.email') }}, {{ key_of('phone', 'orders.phone') }}
        ]) as identifier_key
        from {{ ref('base_ec_orders') }} as orders
        where orders.order_id in (select order_id from {{ rows }})
    ) as found
    where found.identifier_key is not null
{%- endmacro %}
