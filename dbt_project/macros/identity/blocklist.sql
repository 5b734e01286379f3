{# True where `value`, normalised, of the kind in `kind` never links and is nobody's: on the blocklist, or an e-mail address of
   email_rules. The rules are read while dbt compiles, so that each pattern is compiled once and not per row. #}
{% macro is_on_blocklist(kind, value) -%}
    {{ listed_in(blocklist_rules(), email_rules("email_rules.part"), kind, value) }}
{%- endmacro %}

{# True where nothing may be sent to such an address either: not to a mailbox that several people read, if its rule says
   may_receive and nobody put the address on the blocklist himself. #}
{% macro is_never_sent_to(kind, value) -%}
    {{ listed_in(blocklist_rules(), email_rules("case when not email_rules.may_receive then email_rules.part end"), kind, value) }}
{%- endmacro %}

{% macro listed_in(rules, email_rules, kind, value) -%}
    case {{ kind }}
        {%- for kind_name in ((rules | map(attribute='kind') | list) + ['email']) | unique %}
        when '{{ kind_name }}' then (
            false
            {%- for rule in rules if rule.kind == kind_name %}
            or {% if rule.match == 'pattern' %}{{ matches(value, rule.value) }}{% else %}{{ linked_value(rule.kind, value) }} = '{{ rule.value }}'{% endif %}
            {%- endfor %}
            {%- if kind_name == 'email' and email_rules.local %}
            or {{ matches(value, '(' ~ (email_rules.local | join('|') | replace('.', '[.]')) ~ ')([+][^@]*)?@.*') }}
            {%- endif %}
            {%- if kind_name == 'email' and email_rules.domain %}
            or {{ matches(value, '.*[@.](' ~ (email_rules.domain | join('|') | replace('.', '[.]')) ~ ')') }}
            {%- endif %}
        )
        {%- endfor %}
        else false
    end
{%- endmacro %}

{# The rows of identity_blocklist as dicts of kind, match and value, a value as staging reads it and as it is linked by. #}
{% macro blocklist_rules() -%}
    {%- set rules = [] -%}
    {%- set blocklist = ref('identity_blocklist') -%}
    {%- set values = source('normalised', 'normalised_values') -%}
    {%- if execute and load_relation(blocklist) is not none -%}
        {%- set query -%}
            select rules.kind, rules.match, {{ linked_value_of('rules.kind', 'coalesce(read.value, rules.value)') }}
            from {{ blocklist }} as rules
            {{ join_rule_value('read', 'rules.kind', 'rules.value') }} and rules.match = 'value'
            order by 1, 2, 3
        {%- endset -%}
        {%- for row in run_query(query).rows -%}
            {%- do rules.append({'kind': row[0], 'match': row[1], 'value': row[2] | replace("'", "''")}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(rules) }}
{%- endmacro %}

{# The values of email_rules by part (local, domain); `part` is SQL that is null where a row does not count. #}
{% macro email_rules(part) -%}
    {%- set values = {'local': [], 'domain': []} -%}
    {%- set table = ref('email_rules') -%}
    {%- if execute and load_relation(table) is not none -%}
        {%- set query -%}
            select {{ part }}, email_rules.value from {{ table }} as email_rules where {{ part }} is not null order by 1, 2
        {%- endset -%}
        {%- for row in run_query(query).rows -%}
            {%- do values[row[0]].append(row[1]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(values) }}
{%- endmacro %}
