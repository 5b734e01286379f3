{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='sync_all_columns',
    pre_hook="{{ forget_changed_files('stg_survey_answers') }}"
) }}

with

files as (
    {{ files_to_load('stg_survey_answers') }}
),

keyed as (
    select
        staged.*,
        {{ key_of('member_id', 'staged.member_id') }} as member_key,
        {{ key_of('visitor_id', 'staged.visitor_id') }} as visitor_key
    from {{ ref('stg_survey_answers') }} as staged
    where staged._file_no in (select files._file_no from files)
),

facts as (
    select
        keyed.answer_id as source_key,
        {{ party_key(['keyed.member_key', 'keyed.visitor_key']) }} as party_key,
        keyed.member_key,
        keyed.visitor_key,
        keyed.answered_at as occurred_at,
        files._file_id,
        files._state
    from keyed
    inner join files on keyed._file_no = files._file_no
)

select * from facts
