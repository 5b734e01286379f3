{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='sync_all_columns',
    pre_hook="{{ forget_changed_files('stg_survey_answers') }}", post_hook="{{ note_files_of('stg_survey_answers') }}"
) }}

with

files as (
    {{ files_of('stg_survey_answers') }}
),

keyed as (
    select
        staged.*,
        {{ key_of('member_id', 'staged.member_id') }} as member_key,
        {{ key_of('visitor_id', 'staged.visitor_id') }} as visitor_key
    from {{ rows_to_load('stg_survey_answers', 'answer_id') }} as staged
),

facts as (
    select
        keyed.answer_id as source_key,
        {{ party_key(['keyed.member_key', 'keyed.visitor_key']) }} as party_key,
        keyed.member_key,
        keyed.visitor_key,
        keyed.answered_at as occurred_at,
        keyed._file_id,
        keyed._state
    from keyed
)

select * from facts
