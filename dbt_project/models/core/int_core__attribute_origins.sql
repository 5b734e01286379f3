{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_touched_persons() }}", post_hook="{{ settle_touched_persons() }}"
) }}

with

candidates as (
    {{ attribute_candidates() }}
),

choices as (
    {{ attribute_choices('candidates') }}
),

persons as (
    select
        anchor_key,
        customer_id
    from {{ ref('persons') }}
),

-- The chosen record's values beside every record of the person. Where either is silent they do not disagree.
compared as (
    select
        candidates.anchor_key,
        {%- for attribute, columns in person_attribute_columns().items() %}
        min(case when candidates.{{ attribute }}_order > choices.{{ attribute }}_order then candidates.{{ attribute }}_order end)
            as {{ attribute }}_runner_up,
        count(candidates.{{ attribute }}_order) - 1 as {{ attribute }}_others,
        sum(
            case
                when candidates.{{ attribute }}_order is null then 0
                {%- for column in columns %}
                when candidates.{{ column }} <> person_attributes.{{ column }} then 1
                {%- endfor %}
                else 0
            end
        ) as {{ attribute }}_disagreeing{{ ',' if not loop.last }}
        {%- endfor %}
    from candidates
    inner join choices on candidates.anchor_key = choices.anchor_key
    inner join persons on candidates.anchor_key = persons.anchor_key
    inner join {{ ref('person_attributes') }} as person_attributes on persons.customer_id = person_attributes.customer_id
    group by candidates.anchor_key
),

-- What a record gives its person, by attribute; null where it does not.
given as (
    select
        persons.customer_id,
        identity_map.identifier_kind as record_kind,
        identity_map.identifier_hash as record_hash,
        candidates.source,
        candidates.record_status,
        candidates.updated_at,
        {%- for attribute in person_attribute_columns() %}
        case
            when candidates.is_only_record and candidates.{{ attribute }}_order is not null then 'only_record'
            when candidates.{{ attribute }}_order = choices.{{ attribute }}_order
                then {{ decided_by('choices.' ~ attribute ~ '_order', 'compared.' ~ attribute ~ '_runner_up') }}
        end as {{ attribute }}_decided_by,
        coalesce(compared.{{ attribute }}_others, 0) as {{ attribute }}_others,
        coalesce(compared.{{ attribute }}_disagreeing, 0) as {{ attribute }}_disagreeing,
        {%- endfor %}
        '{{ invocation_id }}' as _batch
    from candidates
    inner join persons on candidates.anchor_key = persons.anchor_key
    inner join {{ ref('identity_map') }} as identity_map on candidates.identifier_key = identity_map.identifier_key
    left join choices on candidates.anchor_key = choices.anchor_key
    left join compared on candidates.anchor_key = compared.anchor_key
)

select * from given
