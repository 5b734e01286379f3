{{ config(materialized='incremental', incremental_strategy='append', post_hook="{{ settle_counts(['spell_counts_due']) }}") }}
{%- set kinds = spell_kinds().split() -%}
{%- set holds = counts_on(source('run', 'spell_counts_due'), 'brand_id') %}

-- depends_on: {{ ref('int_marts__brand_rank_spells') }}, whose hooks write what is due into {{ source('run', 'spell_counts_due') }}
with counts as (
    {%- if holds %}
    select
        counted.{{ kinds | join(', counted.') }},
        counted.spells
    from {{ this }} as counted
    union all
    select
        due.{{ kinds | join(', due.') }},
        due.spells
    from {{ source('run', 'spell_counts_due') }} as due
    {%- else %}
    select
        spells.{{ kinds | join(', spells.') }},
        count(*) as spells
    from {{ ref('int_marts__brand_rank_spells') }} as spells
    group by spells.{{ kinds | join(', spells.') }}
    {%- endif %}
),

spell_counts as (
    select
        counts.{{ kinds | join(', counts.') }},
        cast(sum(counts.spells) as bigint) as spells,
        '{{ invocation_id }}' as _batch
    from counts
    group by counts.{{ kinds | join(', counts.') }}
    having sum(counts.spells) <> 0
)

select * from spell_counts
