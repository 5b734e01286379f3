{# The columns that hold the identifiers of a fact, strongest kind first: (identifier kind, column). #}
{% macro party_columns() -%}
    {{ return([('member_id', 'member_key'), ('card_no', 'card_key'), ('line_user_id', 'line_key'), ('email', 'email_key'),
               ('phone', 'phone_key'), ('visitor_id', 'visitor_key')]) }}
{%- endmacro %}

{# The join key of a normalised identifier: null where the value is. #}
{% macro key_of(kind, value) -%}
    {{ identifier_key(identifier_hash(kind, value)) }}
{%- endmacro %}

{# The key of a set of identifiers. The keys are hashes that include their kind, so their exclusive or is again a hash of
   the set, at no cost; null where there is no identifier. #}
{% macro party_key(columns) -%}
    {%- set ns = namespace(sql="coalesce(" ~ columns[0] ~ ", 0)") -%}
    {%- for column in columns[1:] -%}
        {%- set ns.sql = bitwise_xor(ns.sql, "coalesce(" ~ column ~ ", 0)") -%}
    {%- endfor -%}
    nullif({{ ns.sql }}, 0)
{%- endmacro %}

{% macro bitwise_xor(left, right) -%}
    {{ return(adapter.dispatch('bitwise_xor', 'kizuna')(left, right)) }}
{%- endmacro %}

{% macro default__bitwise_xor(left, right) -%}
    xor({{ left }}, {{ right }})
{%- endmacro %}

{% macro spark__bitwise_xor(left, right) -%}
    ({{ left }} ^ {{ right }})
{%- endmacro %}

{# A condition: the facts may hold parties that are not known yet. Of facts that are loaded by file these are the files whose state `parties` has not
   taken up (macros/core/incremental_facts.sql); their states are written out, so that blocks of others are not read. An erasure, which makes acts of held
   files again, forgets what it has taken up. Of orders, those that are made again stand in `run.touched_orders`. #}
{% macro in_new_states(fact) -%}
    {%- if not is_incremental() -%} {{ return('true') }} {%- endif -%}
    {%- if fact == 'int_core__orders' and run_query('select 1 from ' ~ files_held_by('parties') ~ ' as held limit 1').rows -%}
        {{ return(of_touched_orders('order_id')) }}
    {%- endif -%}
    {%- if fact not in ['int_core__web_events', 'int_core__message_events', 'int_core__social_actions', 'int_core__survey_answers'] -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set source_name = fact | replace('int_core__', '') -%}
    {%- set query -%}
        select facts.state
        from {{ files_held_by('facts', source_name) }} as facts
        where facts.state not in (select known.state from {{ files_held_by('parties', source_name) }} as known)
        order by facts.state
    {%- endset -%}
    {%- set states = run_query(query).columns[0].values() | list if execute else [] -%}
    {{ return("_state in ('" ~ (states | join("', '")) ~ "')" if states else 'false') }}
{%- endmacro %}

{# The post-hook of `parties`: those that are new, and what was read. #}
{% macro note_states_of_parties() -%}
    insert into {{ source('run', 'changed_parties') }}
    {%- if is_incremental() %}
    select party_key from {{ this }} where _batch = '{{ invocation_id }}';
    {%- else %}
    values (null);
    {%- endif %}
    {{ note_files_of_facts('parties') }}
{%- endmacro %}

{# `party_customers` is kept from run to run: only parties that come, and those of which an identifier is another's by now, are made again. Identity has
   noted these in `run.changed_owners`; parties that come or go, and those that are made again, stand in `run.changed_parties`, null for all of
   them, until touchpoints and orders have taken up whose they are. `int_core__changed_customers` empties both lists. #}

{# A condition: it may be whose the party is that has changed. #}
{% macro of_changed_parties(column) -%}
    {%- if not is_incremental() or is_everybody_on(source('run', 'changed_parties'), 'party_key') -%} {{ return('true') }} {%- endif -%}
    {{ return(column ~ ' in (select changed.party_key from ' ~ source('run', 'changed_parties') ~ ' as changed)') }}
{%- endmacro %}

{# A condition: the party's row is to be made in this run. #}
{% macro of_changed_owners(column) -%}
    {{ return('true' if is_incremental() and is_everybody_on(source('run', 'changed_owners')) else of_changed_parties(column)) }}
{%- endmacro %}

{# The pre-hook of `party_customers`: finds and notes these parties, forgets their rows, and puts them aside for as long as the model is built: of so
   few, counted, the tables that are joined to them need not be read whole. #}
{% macro forget_changed_owners() -%}
    {%- set changed, owners, condition = source('run', 'changed_parties'), source('run', 'changed_owners'), of_changed_owners('party_key') -%}
    insert into {{ changed }}
    {%- if condition == 'true' %}
    values (null)
    {%- else %}
    {%- for _, column in party_columns() %}
    select party_key from {{ ref('parties') }}
    where {{ column }} in (select changed.identifier_key from {{ owners }} as changed)
    {{ 'union' if not loop.last }}
    {%- endfor %}
    {%- endif %}
    {%- if is_incremental() %};
    delete from {{ this }} where {{ condition }}
    {%- if condition != 'true' %};
    create or replace temp table parties_to_make as
    select * from {{ ref('parties') }} where {{ condition }}
    {%- endif %}
    {%- endif %}
{%- endmacro %}

{# The parties of which `party_customers` makes the rows. #}
{% macro parties_to_make() -%}
    {{ return('parties_to_make' if is_incremental() and of_changed_owners('party_key') != 'true' else ref('parties')) }}
{%- endmacro %}

{# The post-hook of `party_customers`. #}
{% macro drop_parties_to_make() -%}
    {%- if is_incremental() %}
    drop table if exists parties_to_make
    {%- endif %}
{%- endmacro %}

{# Hooks of `int_core__shared_device_events`, which is made anew in each run: the parties of which an act is another's by now, or nobody's, are noted, so
   that touchpoints look for the acts of no others. #}
{% macro put_device_events_aside() -%}
    {%- if is_incremental() %}
    create or replace temp table device_events_before as
    select * from {{ this }};
    delete from {{ this }}
    {%- endif %}
{%- endmacro %}

{% macro note_changed_devices() -%}
    insert into {{ source('run', 'changed_parties') }}
    {%- if is_incremental() %}
    select party_key from (select * from {{ this }} except select * from device_events_before) as came
    union
    select party_key from (select * from device_events_before except select * from {{ this }}) as went;
    drop table device_events_before
    {%- else %}
    values (null)
    {%- endif %}
{%- endmacro %}
