{{ config(materialized='incremental', incremental_strategy='append', post_hook="{{ settle_counts(['score_parts_due']) }}") }}
{%- set points = 'decimal(38, 9)' -%}
{%- set numbers = {'acts': 'bigint', 'customers': 'bigint', 'product': points, 'lifestyle': points, 'lifestance': points} %}

-- depends_on: {{ ref('int_marts__score_sums') }}, whose hooks write what is due into {{ source('run', 'score_parts_due') }}
with counts as (
    {%- if counts_on(source('run', 'score_parts_due'), 'dimension') %}
    select
        counted.dimension,
        counted.value,
        counted.{{ numbers | join(', counted.') }}
    from {{ this }} as counted
    union all
    select
        due.dimension,
        due.value,
        due.{{ numbers | join(', due.') }}
    from {{ source('run', 'score_parts_due') }} as due
    {%- else %}
    {{ score_parts_of(ref('int_marts__score_sums')) }}
    {%- endif %}
),

score_parts as (
    select
        counts.dimension,
        counts.value,
        {% for number, type in numbers.items() -%}
        cast(sum(counts.{{ number }}) as {{ type }}) as {{ number }},
        {% endfor -%}
        '{{ invocation_id }}' as _batch
    from counts
    group by counts.dimension, counts.value
    having sum(counts.acts) <> 0
)

select * from score_parts
