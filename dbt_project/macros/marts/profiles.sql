{# Who customers are: the columns of int_marts__customer_profiles by which they are counted. None is personal data. #}
{% macro profile_attributes() -%}
    gender age_band prefecture member_rank channel rf_segment
{%- endmacro %}

{# Customers by each value of each attribute, within each of the columns `within`: those, attribute, value, customers. `profiles`
   has the columns of int_marts__customer_profiles, where no attribute is null, and a sign with which each is counted. #}
{% macro profile_counts(profiles, within) -%}
    {% for attribute in profile_attributes().split() -%}
    {{ 'union all' if not loop.first }}
    select
        {% for column in within -%}
        {{ profiles }}.{{ column }},
        {% endfor -%}
        '{{ attribute }}' as attribute,
        {{ profiles }}.{{ attribute }} as value,
        sum({{ profiles }}.sign) as customers
    from {{ profiles }}
    group by {% for column in within %}{{ profiles }}.{{ column }}, {% endfor %}{{ profiles }}.{{ attribute }}
    {% endfor %}
{%- endmacro %}

{# A number that is another where what a profile shows of person_attributes is. #}
{% macro attributes_of_profile(attributes) -%}
    {{ row_hash([attributes ~ '.customer_id', attributes ~ '.gender', attributes ~ '.birth_date', attributes ~ '.prefecture', attributes ~ '.member_rank']) }}
{%- endmacro %}

{# Pre-hook of the profiles: forgets those that are to be made in this run, and has them wait to be taken off the counts. To be made are those of customers
   who have changed (who are first seen are among them), whose segment may be another, whose attributes have come, gone or changed, and who have come
   into another age band. Attributes are held by numbers, which costs a day less than to join them by customer. #}
{% macro forget_changed_profiles() -%}
    {%- set held = held_on(0) %}
    {%- if held is not none %}
    {%- set change_no, log, attributes = changes_held(this), ref('int_core__changed_customers'), ref('person_attributes') %}
    create or replace temp table profiles_to_make as
    select made.customer_id
    from (
        select changed.customer_id from {{ log }} as changed where changed.change_no > {{ change_no }}
        union
        select moved.customer_id from {{ ref('int_marts__rf_customers') }} as moved where moved.change_no > {{ change_no }}
        union
        select attributes.customer_id
        from {{ attributes }} as attributes
        where {{ attributes_of_profile('attributes') }} not in (select stored._attributes from {{ this }} as stored where stored._attributes is not null)
        union
        select stored.customer_id
        from {{ this }} as stored
        where stored._attributes is not null
            and stored._attributes not in (select {{ attributes_of_profile('attributes') }} from {{ attributes }} as attributes)
        union
        select attributes.customer_id
        from {{ attributes }} as attributes
        where {{ age_band(age_on('attributes.birth_date', as_of())) }}
            is distinct from {{ age_band(age_on('attributes.birth_date', "cast('" ~ held ~ "' as date)")) }}
    ) as made
    -- A row that was made after the newest changes would be counted as one of before.
    where {{ newest_change() }} > {{ change_no }};
    insert into {{ source('run', 'gone_customer_profiles') }}
    select customer_id, {{ profile_attributes().split() | join(', ') }}, change_no
    from {{ this }}
    where customer_id in (select profiles_to_make.customer_id from profiles_to_make);
    delete from {{ this }} where customer_id in (select profiles_to_make.customer_id from profiles_to_make);
    {%- elif is_incremental() %}
    delete from {{ this }};
    {%- endif %}
    {{ note_changes_held() }}
{%- endmacro %}

{# A condition: the customer's profile is to be made in this run. #}
{% macro of_changed_profiles(column) -%}
    {%- set changed = of_changed_customers(column) -%}
    {{ return('true' if changed == 'true' or held_on(0) is none else column ~ ' in (select profiles_to_make.customer_id from profiles_to_make)') }}
{%- endmacro %}
