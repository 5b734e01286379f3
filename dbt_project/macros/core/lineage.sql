{# The published marts that show what a source holds, read off dbt's own graph, as text separated by commas; '' while parsing.
   Every source with identifiers bears on who is who, and so on every mart: paths through identity count for its own marts only. #}
{% macro marts_using(source_name) -%}
    {%- if not execute -%}{{ return('') }}{%- endif -%}
    {%- set reached = {'source.' ~ project_name ~ '.landing.' ~ source_name: 'landing'} -%}
    {%- set marts = [] -%}
    {%- set nodes = graph.get('nodes', {}).values() | selectattr('resource_type', 'equalto', 'model') | rejectattr('name', 'in', unread_models()) | list -%}
    {%- set ns = namespace(grew=true) -%}
    {#- A pass adds what reads anything reached so far; it ends when a pass adds nothing. -#}
    {%- for _ in nodes if ns.grew -%}
        {%- set ns.grew = false -%}
        {%- for node in nodes if node.unique_id not in reached -%}
            {%- for parent in node.depends_on.nodes if parent in reached and node.unique_id not in reached -%}
                {%- if reached[parent] != 'identity' or node.fqn[1] == 'identity' -%}
                    {%- do reached.update({node.unique_id: node.fqn[1]}) -%}
                    {%- set ns.grew = true -%}
                    {%- if is_published_mart(node) -%}{%- do marts.append(node.name) -%}{%- endif -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {#- Lists are made by activation, which is no model: these are the ones that its SQL reads. -#}
    {%- for node in nodes if node.unique_id in reached and node.name in ['customers', 'touchpoints', 'orders', 'order_items', 'stg_members', 'stg_products'] -%}
        {%- if 'scenario_targets' not in marts -%}{%- do marts.extend(['scenario_targets', 'suppressions']) -%}{%- endif -%}
    {%- endfor -%}
    {{ return(marts | sort | join(',')) }}
{%- endmacro %}

{# Through these a source tells who is who, or that somebody's acts have changed, and not what a mart holds of him. #}
{% macro unread_models() -%}
    {{ return(['parties', 'party_customers', 'int_core__changed_customers', 'int_core__changed_touchpoints', 'int_core__known_customers']) }}
{%- endmacro %}

{% macro is_published_mart(node) -%}
    {{ return(
        (node.schema in ['marts', 'insights'] and not node.name.startswith('int_') and node.name not in ['source_coverage', 'identity_health', 'kpi_metrics'])
        or node.name in ['touchpoints', 'orders', 'order_items', 'identity_edges', 'customer_identifiers', 'customer_aliases',
                         'identity_nodes', 'identity_changes', 'identity_conflicts', 'identity_match_weights', 'identity_reviews', 'customer_attribute_sources', 'external_attributes']
    ) }}
{%- endmacro %}
