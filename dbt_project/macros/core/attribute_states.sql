{# What persons are known by is chosen anew only for those of whom a record has changed, come or gone, or to whom another rule applies.
   `int_core__attribute_states` finds them and notes them in `run.touched_persons`; the two tables made of records forget them and make them again. #}

{# A number that is another where anything of a record is. #}
{% macro record_state() -%}
    {{ row_hash(
        ['anchor_key', 'identifier_key', 'source', 'record_status', 'updated_at', 'is_only_record', 'recency_rank', 'record_no']
        + (attribute_columns() | map(attribute=1) | list)
    ) }}
{%- endmacro %}

{% macro row_hash(columns) -%}
    {{ return(adapter.dispatch('row_hash', 'kizuna')(columns)) }}
{%- endmacro %}

{% macro default__row_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__row_hash(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}

{# Persons with records, and a state that is another where any of their records or a rule is. #}
{% macro attribute_states() -%}
    select
        persons.customer_id,
        cast(bit_xor(records._state) as varchar) || ' ' || {{ survivorship_digest() }} as _state
    from {{ ref('int_core__attribute_records') }} as records
    inner join {{ ref('persons') }} as persons on records.anchor_key = persons.anchor_key
    group by persons.customer_id
{%- endmacro %}

{% macro survivorship_digest() -%}
    (
        select cast(coalesce(bit_xor({{ identifier_key(
            "md5(rules.attribute || '|' || rules.source || '|' || rules.record_status || '|' || cast(rules.priority as varchar) || '|' || rules.choose)"
        ) }}), 0) as varchar)
        from {{ ref('survivorship_rules') }} as rules
    )
{%- endmacro %}

{# The pre-hook of `int_core__attribute_states`: forgets and notes those whose state is another, or who are gone. #}
{% macro forget_changed_states() -%}
    {%- if is_incremental() %}
    insert into {{ source('run', 'touched_persons') }}
    select held.customer_id
    from {{ this }} as held
    where not exists (
        select 1 from ({{ attribute_states() }}) as states
        where states.customer_id = held.customer_id and states._state = held._state
    );
    delete from {{ this }} where customer_id in (select touched.customer_id from {{ source('run', 'touched_persons') }} as touched)
    {%- endif %}
{%- endmacro %}

{# Its post-hook: notes those who are new. #}
{% macro touch_new_states() -%}
    {%- if is_incremental() %}
    insert into {{ source('run', 'touched_persons') }}
    select customer_id from {{ this }} where _batch = '{{ invocation_id }}'
    {%- endif %}
{%- endmacro %}

{# In a pre-hook: forgets the touched persons. #}
{% macro forget_touched_persons() -%}
    {%- if is_incremental() %}
    delete from {{ this }} where customer_id in (select touched.customer_id from {{ source('run', 'touched_persons') }} as touched)
    {%- endif %}
{%- endmacro %}

{# Post-hook of the last table that is made of records: the list is worked off. #}
{% macro settle_touched_persons() -%}
    delete from {{ source('run', 'touched_persons') }}
{%- endmacro %}

{# A condition on records: their person is to be made in this run. #}
{% macro of_touched_persons(anchor_key) -%}
    {%- if not is_incremental() -%} {{ return('true') }} {%- endif -%}
    {{ return(
        anchor_key ~ ' in (select persons.anchor_key from ' ~ ref('persons') ~ ' as persons inner join ' ~ source('run', 'touched_persons')
        ~ ' as touched on persons.customer_id = touched.customer_id)'
    ) }}
{%- endmacro %}
