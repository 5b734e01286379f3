{{ config(
    schema='pii', materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_touched_persons() }}"
) }}

{#- It finds whose records have changed. -#}
{%- if not execute -%}{%- do ref('int_core__attribute_states') -%}{%- endif %}

with

candidates as (
    {{ attribute_candidates() }}
),

choices as (
    {{ attribute_choices('candidates') }}
),

-- No two records of a person have the same order, so each attribute is the columns of one record.
chosen as (
    select
        candidates.anchor_key,
        {%- for attribute, column in attribute_columns() %}
        max(case when candidates.{{ attribute }}_order = choices.{{ attribute }}_order then candidates.{{ column }} end)
            as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from candidates
    inner join choices on candidates.anchor_key = choices.anchor_key
    group by candidates.anchor_key
    union all
    select
        anchor_key,
        {%- for attribute, column in attribute_columns() %}
        case when {{ attribute }}_order is not null then {{ column }} end as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from candidates
    where is_only_record
),

person_attributes as (
    select
        persons.customer_id,
        {%- for _, column in attribute_columns() %}
        chosen.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from chosen
    inner join {{ ref('persons') }} as persons on chosen.anchor_key = persons.anchor_key
)

select * from person_attributes
