{# Tables and views are replaced in place. dbt's own materialisations build aside and rename twice, for databases that others read
   meanwhile; here nobody does, and DuckDB drops and creates in one transaction: a failure leaves the table as it was. Renaming costs each
   of some 150 tables and views of a run three more statements. #}

{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set target = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if model['language'] == 'python' -%}
        {#- A Python model writes its table on a connection of its own, where a table dropped here still stands. -#}
        {%- set aside = make_intermediate_relation(target) -%}
        {% call statement('forget', auto_begin=False) %}drop table if exists {{ aside }}{% endcall %}
        {% call statement('main', language='python') %}
            {{- create_table_as(False, aside, compiled_code, 'python') }}
        {% endcall %}
        {% call statement('put') %}
            {{- forget_relation(load_cached_relation(this)) }} alter table {{ aside }} rename to {{ target.identifier }}
        {% endcall %}
    {%- else -%}
        {% call statement('main') %}
            {{- forget_relation(load_cached_relation(this)) }}
            {{- create_table_as(False, target, compiled_code, 'sql') }}
        {% endcall %}
    {%- endif %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{# So are the rows of a run added to an incremental model, by the names of their columns: dbt's own writes them into a temporary table, asks for its columns and
   for those of the model, and copies them. A column too many fails; none is too few, since a table goes where its model's text has changed
   (dagster_project/incremental.py, staging/fingerprint.py). Whatever else an incremental model may do (be built whole, delete by a key, change its
   columns) is left to dbt. #}
{% materialization incremental, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set is_appended = model['language'] == 'sql' and config.get('incremental_strategy') == 'append'
        and config.get('on_schema_change', 'ignore') in ['ignore', 'fail'] -%}
    {%- if not (is_appended and is_incremental()) -%}
        {{ return(dbt.materialization_incremental_duckdb()) }}
    {%- endif -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') %}
        {%- if config.get('contract').enforced %} {{ get_assert_columns_equivalent(compiled_code) }} {%- endif %}
        insert into {{ existing }} by name
        select * from (
            {{ compiled_code }}
        ) as made
    {% endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set target = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') %}
        {{- forget_relation(load_cached_relation(this)) }}
        {{- create_view_as(target, sql) }}
    {% endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% macro forget_relation(relation) -%}
    {%- if relation is not none -%}
        drop {{ relation.type }} if exists {{ relation }};
    {%- endif %}
{%- endmacro %}
