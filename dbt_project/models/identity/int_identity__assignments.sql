{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ forget_changed_assignments() }}", post_hook="{% if is_incremental() %}drop table changed_assignments{% endif %}"
) }}

with

{% if is_incremental() -%}
assignments as (
    select
        changed.identifier_key,
        changed.anchor_key,
        changed.blocked_reason,
        changed.is_paired
    from changed_assignments as changed
    where changed.is_there
)
{%- else -%}
paired as (
    select * from {{ ref('int_identity__paired') }}
),

assignments as (
    select
        clusters.identifier_key,
        clusters.anchor_key,
        clusters.blocked_reason,
        false as is_paired
    from {{ ref('int_identity__clusters') }} as clusters
    where clusters.identifier_key not in (select paired.identifier_key from paired)
    union all
    select
        paired.identifier_key,
        paired.anchor_key,
        paired.blocked_reason,
        true as is_paired
    from paired
)
{%- endif %}

select * from assignments
