{# What persons are known by is chosen anew only for those of whom a record has changed, come or gone, or to whom another rule applies.
   `int_core__attribute_records` makes again the records of all persons whose identifiers identity has noted in `run.changed_owners`, and notes these
   persons in `run.touched_anchors`, null for everybody. Of these `int_core__attribute_states` finds those whose records differ, and notes them in
   `run.touched_persons`; the two tables made of records forget them and make them again. The last of the two empties both lists. #}

{# Whether the records of all persons are to be made in this run. #}
{% macro are_all_anchors_touched() -%}
    {{ return(
        not is_incremental()
        or is_everybody_on(source('run', 'changed_owners'))
        or is_everybody_on(source('run', 'touched_anchors'), 'anchor_key')
    ) }}
{%- endmacro %}

{# A condition: the person's records are to be made in this run. #}
{% macro of_touched_anchors(column) -%}
    {%- if are_all_anchors_touched() -%} {{ return('true') }} {%- endif -%}
    {{ return(column ~ ' in (select touched.anchor_key from ' ~ source('run', 'touched_anchors') ~ ' as touched)') }}
{%- endmacro %}

{# Whose record an identifier may be, of the persons to be made in this run: a small table while the model is built, with values, so that those of others
   need be neither hashed nor joined. #}
{% macro owned_identifiers() -%}
    {{ return(ref('int_identity__assignments') if are_all_anchors_touched() else 'owned_to_read') }}
{%- endmacro %}

{# A condition: the identifier is such a person's. #}
{% macro of_touched_records(identifier_key) -%}
    {%- if are_all_anchors_touched() -%} {{ return('true') }} {%- endif -%}
    {{ return(identifier_key ~ ' in (select owned.identifier_key from owned_to_read as owned)') }}
{%- endmacro %}

{# The same of a value as staged: only addresses are linked by another value than their own. #}
{% macro of_touched_values(kind, value) -%}
    {%- if are_all_anchors_touched() -%} {{ return('true') }} {%- endif -%}
    {{ return(value ~ " in (select owned.value from owned_to_read as owned where owned.identifier_kind = '" ~ kind ~ "')") }}
{%- endmacro %}

{# The pre-hook of `int_core__attribute_records`: notes the persons of noted identifiers, those whose they were among them, forgets their
   records, and puts aside what identifiers they have. #}
{% macro forget_touched_records() -%}
    {%- set condition, touched, owners = of_touched_anchors('anchor_key'), source('run', 'touched_anchors'), source('run', 'changed_owners') -%}
    {%- set assignments = ref('int_identity__assignments') -%}
    insert into {{ touched }}
    {%- if condition == 'true' %}
    values (null)
    {%- else %}
    {%- for records in [assignments, this] %}
    select records.anchor_key from {{ records }} as records
    where records.anchor_key is not null
        and records.identifier_key in (select changed.identifier_key from {{ owners }} as changed)
    {{ 'union' if not loop.last }}
    {%- endfor %}
    {%- endif %}
    {%- if is_incremental() %};
    delete from {{ this }} where {{ condition }}
    {%- endif %}
    {%- if condition != 'true' %};
    create or replace temp table owned_to_read as
    select
        owned.identifier_key,
        owned.anchor_key,
        identifier_values.identifier_kind,
        identifier_values.value
    from (select distinct anchor_key from {{ touched }}) as touched
    inner join {{ assignments }} as owned on touched.anchor_key = owned.anchor_key
    left join {{ ref('identifier_values') }} as identifier_values on owned.identifier_key = identifier_values.identifier_key
    {%- endif %}
{%- endmacro %}

{# Its post-hook. #}
{% macro drop_owned_to_read() -%}
    {%- if is_incremental() %}
    drop table if exists owned_to_read
    {%- endif %}
{%- endmacro %}

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

{# Persons with records, and a state that is another where any of their records or a rule is; of those alone whose records were made in this run, unless
   the rules are other ones. #}
{% macro attribute_states() -%}
    select
        persons.customer_id,
        records.anchor_key,
        cast(bit_xor(records._state) as varchar) || ' ' || {{ survivorship_digest() }} as _state
    from {{ ref('int_core__attribute_records') }} as records
    inner join {{ ref('persons') }} as persons on records.anchor_key = persons.anchor_key
    where {{ of_new_states('records.anchor_key') }}
    group by persons.customer_id, records.anchor_key
{%- endmacro %}

{% macro of_new_states(anchor_key) -%}
    {%- if not is_incremental() -%} {{ return('true') }} {%- endif -%}
    {%- set query -%}
        select 1 from (select held._state from {{ this }} as held limit 1) as held
        where split_part(held._state, ' ', 2) <> {{ survivorship_digest() }}
    {%- endset -%}
    {{ return('true' if run_query(query).rows | length > 0 else of_touched_anchors(anchor_key)) }}
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
    where {{ of_new_states('held.anchor_key') }} and not exists (
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

{# Post-hook of the last table that is made of records: the lists are worked off. #}
{% macro settle_touched_persons() -%}
    delete from {{ source('run', 'touched_anchors') }};
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
