{# The columns of a source as `models/landing/sources.yml` declares them: a list of dicts with name, type, required, one_of,
   kind_from. Empty while dbt parses. #}
{% macro source_columns(source_name) -%}
    {%- set columns = [] -%}
    {%- for column in landing_source(source_name).get('columns', {}).values() -%}
        {%- set meta = column.get('config', {}).get('meta') or column.get('meta') or {} -%}
        {%- do columns.append({
            'name': column.name, 'type': meta.type, 'required': meta.get('required', false),
            'one_of': meta.get('one_of', []), 'kind_from': meta.get('kind_from'),
        }) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{# mode (upsert or event), key (list of columns) and version (a column or none) of a source. #}
{% macro source_rules(source_name) -%}
    {%- set node = landing_source(source_name) -%}
    {{ return(node.get('config', {}).get('meta') or node.get('meta') or {'mode': 'event', 'key': []}) }}
{%- endmacro %}

{% macro landing_source(source_name) -%}
    {%- if execute -%}
        {%- for node in graph.sources.values() if node.source_name == 'landing' and node.name == source_name -%}
            {{ return(node) }}
        {%- endfor -%}
    {%- endif -%}
    {{ return({}) }}
{%- endmacro %}

{# Every source of landing, in the order of sources.yml. #}
{% macro all_sources() -%}
    {{ return([
        'members', 'store_cards', 'ec_orders', 'ec_order_items', 'pos_receipts', 'pos_receipt_items', 'store_visits',
        'web_events', 'message_events', 'reviews', 'social_actions', 'survey_answers', 'privacy_requests',
        'external_attributes', 'product_codes', 'products', 'brands', 'stores', 'contents', 'campaigns',
    ]) }}
{%- endmacro %}

{# The kinds of identifier that the word in another column names, as (word, kind) pairs; every other word is an id. #}
{% macro kinds_by_word() -%}
    {{ return([('email', 'email'), ('phone', 'phone'), ('sms', 'phone')]) }}
{%- endmacro %}
