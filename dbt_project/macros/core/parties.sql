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

{# Facts that are loaded by file and hold its `_state`. Of these, `parties` reads only files whose state it has not read yet: they stand in
   `run.states_of_parties`, in its own transaction. An erasure, which makes acts of held files again, empties that table. #}
{% macro facts_with_states() -%}
    {{ return(['int_core__web_events', 'int_core__message_events', 'int_core__social_actions', 'int_core__survey_answers']) }}
{%- endmacro %}

{# A condition: the facts may hold parties that are not known yet. States are written out, so that blocks of others are not read. Of orders, those
   that are made again stand in `run.touched_orders`. #}
{% macro in_new_states(fact) -%}
    {%- if not is_incremental() -%} {{ return('true') }} {%- endif -%}
    {%- if fact == 'int_core__orders' and run_query('select 1 from ' ~ source('run', 'states_of_parties') ~ ' limit 1').rows -%}
        {{ return(of_touched_orders('order_id')) }}
    {%- endif -%}
    {%- if fact not in facts_with_states() -%} {{ return('true') }} {%- endif -%}
    {%- set query -%}
        select distinct facts._state
        from {{ ref(fact) }} as facts
        where facts._state not in (
            select known.state from {{ source('run', 'states_of_parties') }} as known where known.fact = '{{ fact }}'
        )
        order by facts._state
    {%- endset -%}
    {%- set states = run_query(query).columns[0].values() | list if execute else [] -%}
    {{ return("_state in ('" ~ (states | join("', '")) ~ "')" if states else 'false') }}
{%- endmacro %}

{# The post-hook of `parties`: those that are new, and what was read. #}
{% macro note_states_of_parties() -%}
    {%- set known = source('run', 'states_of_parties') -%}
    insert into {{ source('run', 'changed_parties') }}
    {%- if is_incremental() %}
    select party_key from {{ this }} where _batch = '{{ invocation_id }}';
    {%- else %}
    values (null);
    {%- endif %}
    delete from {{ known }};
    insert into {{ known }}
    {%- for fact in facts_with_states() %}
    select distinct '{{ fact }}', facts._state from {{ ref(fact) }} as facts
    {{ 'union all' if not loop.last }}
    {%- endfor %}
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
