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

{# A condition: the facts may hold parties that are not known yet. States are written out, so that blocks of others are not read. #}
{% macro in_new_states(fact) -%}
    {%- if not is_incremental() or fact not in facts_with_states() -%} {{ return('true') }} {%- endif -%}
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

{# The post-hook of `parties`. #}
{% macro note_states_of_parties() -%}
    {%- set known = source('run', 'states_of_parties') -%}
    delete from {{ known }};
    insert into {{ known }}
    {%- for fact in facts_with_states() %}
    select distinct '{{ fact }}', facts._state from {{ ref(fact) }} as facts
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# `party_customers` is kept from run to run: only parties that come, and those of which an identifier has another owner, are made again.
   Whose identifiers were when it was written stands in `run.owners_held`, in its own transaction. #}
{% macro owners_of_identifiers() -%}
    select
        identity_map.identifier_key,
        identity_map.customer_id,
        identity_map.is_blocklisted,
        kinds.strength
    from {{ ref('identity_map') }} as identity_map
    inner join {{ ref('identity_kinds') }} as kinds on identity_map.identifier_kind = kinds.kind
{%- endmacro %}

{# A condition: the party's row is to be made in this run. #}
{% macro of_changed_owners() -%}
    {{ return('party_key in (select changed.party_key from changed_parties as changed)' if is_incremental() else 'true') }}
{%- endmacro %}

{# The pre-hook of `party_customers`: finds these parties, and forgets their rows and those of parties that are gone. #}
{% macro forget_changed_owners() -%}
    {%- if is_incremental() %}
    create or replace temp table changed_owners as
    select coalesce(fresh.identifier_key, held.identifier_key) as identifier_key
    from ({{ owners_of_identifiers() }}) as fresh
    full join {{ source('run', 'owners_held') }} as held on fresh.identifier_key = held.identifier_key
    where fresh.identifier_key is null
        or held.identifier_key is null
        or fresh.customer_id is distinct from held.customer_id
        or fresh.is_blocklisted <> held.is_blocklisted
        or fresh.strength <> held.strength;
    create or replace temp table changed_parties as
    {%- for _, column in party_columns() %}
    select party_key from {{ ref('parties') }}
    where {{ column }} in (select changed.identifier_key from changed_owners as changed)
    union
    {%- endfor %}
    select coalesce(parties.party_key, held.party_key)
    from {{ ref('parties') }} as parties
    full join {{ this }} as held on parties.party_key = held.party_key
    where parties.party_key is null or held.party_key is null;
    delete from {{ this }} where {{ of_changed_owners() }}
    {%- endif %}
{%- endmacro %}

{# Its post-hook. #}
{% macro settle_owners() -%}
    {%- set held = source('run', 'owners_held') -%}
    {%- set changed = 'where identifier_key in (select changed.identifier_key from changed_owners as changed)' if is_incremental() -%}
    delete from {{ held }} {{ changed }};
    insert into {{ held }}
    select * from ({{ owners_of_identifiers() }}) as owners {{ changed }}
    {%- if is_incremental() %};
    drop table changed_owners;
    drop table changed_parties
    {%- endif %}
{%- endmacro %}
