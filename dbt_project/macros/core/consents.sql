{# The channels that a person consents to; each is a column `<channel>_opt_in` of members and `consent_<channel>` of customers. #}
{% macro consent_channels() -%}
    {{ return(['email', 'line', 'sms', 'push', 'dm']) }}
{%- endmacro %}
