{# The public hash of an identifier: 32 hexadecimal digits of SHA-256 over salt, kind and the value that it is linked by.
   `kind` is a word; `value` an SQL expression, normalised. Null where the value is null. `identity/hashing.py` is its twin. #}
{% macro identifier_hash(kind, value) -%}
    {{ return(adapter.dispatch('identifier_hash', 'kizuna')(kind, value)) }}
{%- endmacro %}

{% macro default__identifier_hash(kind, value) -%}
    left(sha256({{ salt() }} || '|{{ kind }}|' || {{ linked_value(kind, value) }}), 32)
{%- endmacro %}

{# The same for a kind that is itself an SQL expression. #}
{% macro identifier_hash_of(kind, value) -%}
    left(sha256({{ salt() }} || '|' || {{ kind }} || '|' || {{ linked_value_of(kind, value) }}), 32)
{%- endmacro %}

{# The value that an identifier is linked by, of one as it is written: where the setting gmail_aliases is on, Gmail's addresses
   without the dots and +tags that Gmail ignores. Whom to write to is what was written. #}
{% macro linked_value(kind, value) -%}
    {%- if kind != 'email' -%} {{ value }}
    {%- else -%}
    case
        when right({{ value }}, 8) <> 'mail.com' then {{ value }}
        when {{ links_gmail_aliases() }}
            and (right({{ value }}, 10) = '@gmail.com' or right({{ value }}, 15) = '@googlemail.com')
            and {{ gmail_mailbox(value) }} <> ''
            then {{ gmail_mailbox(value) }} || '@gmail.com'
        else {{ value }}
    end
    {%- endif -%}
{%- endmacro %}

{% macro gmail_mailbox(email) -%} replace({{ text_before('+', text_before('@', email)) }}, '.', '') {%- endmacro %}

{# What stands before the first `mark`, the whole where there is none. Not by split_part: on a column that is null throughout, DuckDB
   fails to plan a comparison with it. #}
{% macro text_before(mark, value) -%}
    substr({{ value }}, 1, instr({{ value }} || '{{ mark }}', '{{ mark }}') - 1)
{%- endmacro %}

{# The same for a kind that is itself an SQL expression. #}
{% macro linked_value_of(kind, value) -%}
    case when {{ kind }} = 'email' then {{ linked_value('email', value) }} else {{ value }} end
{%- endmacro %}

{% macro links_gmail_aliases() -%}
    (select context.gmail_aliases from {{ source('run', 'context') }} as context)
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
