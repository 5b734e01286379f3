{# The public hash of an identifier: 32 hexadecimal digits of SHA-256 over salt, kind and normalised value.
   `kind` is a word; `value` an SQL expression. Null where the value is null. `identity/hashing.py` is its twin. #}
{% macro identifier_hash(kind, value) -%}
    {{ return(adapter.dispatch('identifier_hash', 'kizuna')(kind, value)) }}
{%- endmacro %}

{% macro default__identifier_hash(kind, value) -%}
    left(sha256({{ salt() }} || '|{{ kind }}|' || {{ value }}), 32)
{%- endmacro %}

{# The same for a kind that is itself an SQL expression. #}
{% macro identifier_hash_of(kind, value) -%}
    left(sha256({{ salt() }} || '|' || {{ kind }} || '|' || {{ value }}), 32)
{%- endmacro %}

{# The 60-bit join key of an identifier hash: joins of tens of millions of rows want integers. A test holds it unique. #}
{% macro identifier_key(hash) -%}
    {{ return(adapter.dispatch('identifier_key', 'kizuna')(hash)) }}
{%- endmacro %}

{% macro default__identifier_key(hash) -%}
    cast('0x' || substr({{ hash }}, 1, 15) as bigint)
{%- endmacro %}

{% macro salt() -%}
    (select context.salt from {{ source('run', 'context') }} as context)
{%- endmacro %}
