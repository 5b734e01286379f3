{# The one place that says what a person's attributes are and which kinds of record may give them; which of several records does,
   is said by rule table `survivorship_rules`. Columns of one attribute always come from one record: half an address of one record
   and half of another are where nobody lives, and the reading of one name does not belong to the writing of another. #}
{% macro person_attribute_columns() -%}
    {{ return({
        'name': ['last_name', 'first_name', 'last_name_kana', 'first_name_kana'],
        'address': ['postal_code', 'prefecture', 'address'],
        'birth_date': ['birth_date'],
        'gender': ['gender'],
        'email': ['email'],
        'phone': ['phone'],
        'line_user_id': ['line_user_id'],
        'member_rank': ['member_rank'],
        'home_store_id': ['home_store_id'],
    }) }}
{%- endmacro %}

{# The same, flat: (attribute, column). #}
{% macro attribute_columns() -%}
    {%- set pairs = [] -%}
    {%- for attribute, columns in person_attribute_columns().items() -%}
        {%- for column in columns -%}{%- do pairs.append((attribute, column)) -%}{%- endfor -%}
    {%- endfor -%}
    {{ return(pairs) }}
{%- endmacro %}

{# The columns that the records of a source have; each source is a CTE of int_core__attribute_records. #}
{% macro attribute_sources() -%}
    {%- set of_a_person = ['last_name', 'first_name', 'last_name_kana', 'first_name_kana', 'postal_code', 'prefecture', 'address',
                           'birth_date', 'gender', 'email', 'phone'] -%}
    {{ return({
        'members': of_a_person + ['line_user_id', 'member_rank'],
        'store_cards': of_a_person + ['home_store_id'],
        'ec_orders': ['email', 'phone'],
    }) }}
{%- endmacro %}

{# Place values of the integer by which the records of a person are compared for one attribute: the smallest wins. Each step is
   (what decides, place value); a digit is smaller than the quotient of its place and the next lower one. Fits 58 bits: priorities
   to 999, a million records a person, 15 columns an attribute. The last digit differs for any two records of a person. #}
{% macro attribute_order_steps() -%}
    {{ return([('priority', 2 ** 48), ('completeness', 2 ** 44), ('recency', 2 ** 24), ('completeness', 2 ** 20)]) }}
{%- endmacro %}

{# The best order of each attribute by person, of those with several records: nothing is to be chosen for the others. #}
{% macro attribute_choices(candidates) -%}
    select
        anchor_key,
        {%- for attribute in person_attribute_columns() %}
        min({{ attribute }}_order) as {{ attribute }}_order{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ candidates }}
    where not is_only_record
    group by anchor_key
{%- endmacro %}

{# int_core__attribute_records with a column `<attribute>_order` for each attribute: null where the record does not give it. #}
{% macro attribute_candidates() -%}
    select
        records.*,
        {%- for attribute, columns in person_attribute_columns().items() %}
        case
            when coalesce({{ columns_of('records', columns) }}) is not null
                then {{ attribute_order(attribute, columns) }}
        end as {{ attribute }}_order{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_core__attribute_records') }} as records
    inner join (
        select
            source,
            record_status,
            {%- for attribute in person_attribute_columns() %}
            max(case when attribute = '{{ attribute }}' then priority end) as {{ attribute }}_priority,
            max(case when attribute = '{{ attribute }}' and choose = 'most_complete' then 1 else 0 end)
                as {{ attribute }}_by_completeness{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ ref('survivorship_rules') }}
        group by source, record_status
    ) as rules on records.source = rules.source and records.record_status = rules.record_status
    where {{ of_touched_persons('records.anchor_key') }}
{%- endmacro %}

{% macro columns_of(relation, columns) -%}
    {%- for column in columns %}{{ relation }}.{{ column }}{{ ', ' if not loop.last }}{% endfor -%}
    {{ ', null' if columns | length == 1 }}
{%- endmacro %}

{% macro attribute_order(attribute, columns) -%}
    {%- set place = attribute_order_steps() | map(attribute=1) | list -%}
    rules.{{ attribute }}_priority * {{ place[0] }}
                    {%- if columns | length > 1 %}
                    + (rules.{{ attribute }}_by_completeness * {{ place[1] }} + {{ place[3] }}) * (
                        {%- for column in columns %}
                        case when records.{{ column }} is null then 1 else 0 end{{ ' +' if not loop.last }}
                        {%- endfor %}
                    )
                    {%- endif %}
                    + records.recency_rank * {{ place[2] }}
                    + records.record_no
{%- endmacro %}

{# What decided between two orders: the first step at which they differ, else the record's identifier. #}
{% macro decided_by(winner, runner_up) -%}
    case
        when {{ runner_up }} is null then 'only_record'
        {%- for step, place in attribute_order_steps() %}
        when {{ winner }} - {{ winner }} % {{ place }} <> {{ runner_up }} - {{ runner_up }} % {{ place }} then '{{ step }}'
        {%- endfor %}
        else 'record_id'
    end
{%- endmacro %}

{# A condition: the setting published_attributes names it. Names are written out, so that the values of others are not put in order. #}
{% macro is_published_attribute(column) -%}
    {%- set names = published_attributes() -%}
    {%- set quoted = [] -%}
    {%- for name in names -%}{%- do quoted.append("'" ~ name | replace("'", "''") ~ "'") -%}{%- endfor -%}
    {{ return(column ~ ' in (' ~ quoted | join(', ') ~ ')' if quoted else 'false') }}
{%- endmacro %}

{% macro published_attributes() -%}
    {%- set query = 'select ' ~ setting('published_attributes') -%}
    {%- set is_there = execute and load_relation(source('run', 'settings')) is not none -%}
    {{ return(((run_query(query).rows[0][0] if is_there else none) or '').split()) }}
{%- endmacro %}
