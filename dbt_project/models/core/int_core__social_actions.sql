{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='sync_all_columns',
    pre_hook="{{ forget_changed_files('stg_social_actions') }}", post_hook="{{ note_files_of('stg_social_actions') }}"
) }}

with

files as (
    {{ files_of('stg_social_actions') }}
),

keyed as (
    select
        staged.*,
        {{ key_of('member_id', 'staged.member_id') }} as member_key,
        {{ key_of('line_user_id', 'staged.line_user_id') }} as line_key,
        {{ key_of('visitor_id', 'staged.visitor_id') }} as visitor_key
    from {{ rows_to_load('stg_social_actions', 'action_id') }} as staged
),

facts as (
    select
        keyed.action_id as source_key,
        {{ party_key(['keyed.member_key', 'keyed.line_key', 'keyed.visitor_key']) }} as party_key,
        keyed.member_key,
        keyed.line_key,
        keyed.visitor_key,
        keyed.occurred_at,
        keyed.kind as action,
        keyed.brand_id,
        keyed.product_id,
        keyed.content_id,
        keyed._file_id,
        keyed._state
    from keyed
)

select * from facts
