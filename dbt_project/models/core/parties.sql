{{ config(
    materialized='incremental', incremental_strategy='append',
    post_hook="{{ note_states_of_parties() }}"
) }}

{%- set facts = {
    'int_core__web_events': ['member_key', 'email_key', 'visitor_key'],
    'int_core__message_events': ['member_key', 'line_key', 'email_key', 'phone_key'],
    'int_core__social_actions': ['member_key', 'line_key', 'visitor_key'],
    'int_core__survey_answers': ['member_key', 'visitor_key'],
    'int_core__store_visits': ['member_key', 'card_key'],
    'int_core__reviews': ['member_key'],
    'int_core__orders': ['member_key', 'card_key', 'email_key', 'phone_key'],
} -%}

with

{% for fact, columns in facts.items() -%}
{{ fact }}_parties as (
    select
        party_key,
        {% for kind, column in party_columns() -%}
        {{ 'max(' ~ column ~ ')' if column in columns else 'cast(null as bigint)' }} as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref(fact) }}
    where party_key is not null and {{ in_new_states(fact) }}
    group by party_key
),

{% endfor -%}
all_parties as (
    {% for fact in facts -%}
    select * from {{ fact }}_parties
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
),

{% if is_incremental() -%}
-- asked for these, so that no row is held against all of them
known as (
    select known.party_key from {{ this }} as known
    where known.party_key in (select all_parties.party_key from all_parties)
),

{% endif -%}
parties as (
    select
        party_key,
        {% for kind, column in party_columns() -%}
        max({{ column }}) as {{ column }},
        {% endfor -%}
        '{{ invocation_id }}' as _batch
    from all_parties
    {%- if is_incremental() %}
    where party_key not in (select known.party_key from known)
    {%- endif %}
    group by party_key
)

select * from parties
