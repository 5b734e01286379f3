{# Who customers are: the columns of int_marts__customer_profiles by which they are counted. None is personal data. #}
{% macro profile_attributes() -%}
    gender age_band prefecture member_rank channel rf_segment
{%- endmacro %}

{# Customers by each value of each attribute, within each of the columns `within`: those, attribute, value, customers. `profiles`
   has the columns of int_marts__customer_profiles, where no attribute is null. #}
{% macro profile_counts(profiles, within) -%}
    {% for attribute in profile_attributes().split() -%}
    {{ 'union all' if not loop.first }}
    select
        {% for column in within -%}
        {{ profiles }}.{{ column }},
        {% endfor -%}
        '{{ attribute }}' as attribute,
        {{ profiles }}.{{ attribute }} as value,
        count(*) as customers
    from {{ profiles }}
    group by {% for column in within %}{{ profiles }}.{{ column }}, {% endfor %}{{ profiles }}.{{ attribute }}
    {% endfor %}
{%- endmacro %}
