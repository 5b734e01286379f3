{# A row of `customers` is kept until an act or order of the customer has changed, or until what is shown of him besides is another. #}

{# What may change without an act or order of his: column -> expression over the tables of `tables_besides_acts`. #}
{% macro columns_besides_acts() -%}
    {%- set columns = {
        'id_count': 'person_ids.keys',
        'id_keys': 'person_ids.all_keys',
        'gender': 'person_attributes.gender',
        'age_band': age_band(age_on('person_attributes.birth_date', 'today.as_of')),
        'prefecture': 'person_attributes.prefecture',
        'member_rank': 'person_attributes.member_rank',
        'recency_months': 'cast(rf_customers.recency_months as bigint)',
        'frequency': 'cast(coalesce(rf_customers.frequency, 0) as bigint)',
        'rf_segment': 'rf_customers.segment',
        'web_sessions_30d': 'cast(coalesce(web_sessions.web_sessions_30d, 0) as bigint)',
        'visit_source': 'web_sessions.visit_source',
    } -%}
    {%- for channel in consent_channels() -%}
        {%- do columns.update({'consent_' ~ channel: 'coalesce(consents.consent_' ~ channel ~ ', false)'}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{# What is joined to `customers`, a table by customer_id, to know it. `to_make`: where those who have to be made are listed, if no others are joined. #}
{% macro tables_besides_acts(customers, to_make=none) -%}
    cross join (select {{ as_of() }} as as_of) as today
    {{ join_by_customer(customers, {
        'person_ids': ref('int_insights__person_ids'),
        'person_attributes': ref('person_attributes'),
        'consents': ref('int_insights__person_consents'),
        'rf_customers': ref('rf_customers'),
        'web_sessions': ref('int_insights__web_sessions'),
    }, to_make) }}
{%- endmacro %}

{# Left joins of `tables` (alias -> relation) by customer_id. Of those rows alone that have to be made: DuckDB hashes all of a table that is left joined. #}
{% macro join_by_customer(customers, tables, to_make=none) -%}
    {%- set condition = of_customers_to_make(to_make, 'customer_id') if to_make else 'true' -%}
    {%- for alias, relation in tables.items() %}
    left join {{ relation if condition == 'true' else '(select * from ' ~ relation ~ ' where ' ~ condition ~ ')' }} as {{ alias }}
        on {{ customers }}.customer_id = {{ alias }}.customer_id
    {%- endfor %}
{%- endmacro %}

{# Customers of whom something else is to be shown than the table holds: his scores too are made of his acts, but where points fade. New customers,
   and those who are gone or first seen at another time, have changed in any case. #}
{% macro who_is_shown_anew() -%}
    select held.customer_id
    from {{ this }} as held
    {{ tables_besides_acts('held') }}
    where {{ scores_fade() if execute else false }}
        {%- for column, now in columns_besides_acts().items() %}
        or held.{{ column }} is distinct from {{ now }}
        {%- endfor %}
{%- endmacro %}
