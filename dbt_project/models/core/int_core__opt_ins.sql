{#- One row per version of a member's row: a file gains none once it is loaded, and loses those that a later version replaces. -#}
{{ config(
    materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_replaced_rows('stg_members') }}"
) }}

with

opt_ins as (
    select
        {{ key_of('member_id', 'staged.member_id') }} as member_key,
        {% for channel in consent_channels() -%}
        staged.{{ channel }}_opt_in as {{ channel }}_says,
        {% endfor -%}
        staged._file_no,
        staged._line_no
    from {{ ref('stg_members') }} as staged
    where {{ is_not_held('stg_members', 'staged') }}
)

select * from opt_ins
