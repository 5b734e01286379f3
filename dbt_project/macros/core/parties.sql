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
