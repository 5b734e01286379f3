{# Tables of counts that go on from those of the run before: what has come since is added, what has gone is taken off, and both are in one batch; then
   the batch before goes, and with it the notes of what was taken up. All that is in the transaction of the build. #}

{# Post-hook: forgets the counts of the run before, and empties the `notes`, tables of schema run. #}
{% macro settle_counts(notes) -%}
    {%- if is_incremental() %}
    delete from {{ this }} where _batch <> '{{ invocation_id }}';
    {%- endif %}
    {%- for note in notes %}
    delete from {{ source('run', note) }}{{ ';' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Whether the counts of the run before hold but for what is noted as due; a row without the `column` there says that everything is to be counted. #}
{% macro counts_on(due, column) -%}
    {%- if not is_incremental() -%} {{ return(false) }} {%- endif -%}
    {{ return(not run_query('select 1 from ' ~ due ~ ' where ' ~ column ~ ' is null limit 1').rows) }}
{%- endmacro %}

{# The number of the changes that the counts hold, and the day of their run; none where everything has to be counted: where the table has missed a
   change, and where all rows of one of the `relations` that are counted have been made since. #}
{% macro counts_held(relations) -%}
    {%- set day = held_on(0) -%}
    {%- if day is none -%} {{ return(none) }} {%- endif -%}
    {%- set change_no = changes_held(this) -%}
    {%- for relation in relations -%}
    {%- if not run_query('select 1 from ' ~ relation ~ ' where change_no <= ' ~ change_no ~ ' limit 1').rows -%} {{ return(none) }} {%- endif -%}
    {%- endfor -%}
    {{ return((change_no, "cast('" ~ day ~ "' as date)")) }}
{%- endmacro %}
