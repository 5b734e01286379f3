{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_rows_staged_otherwise('stg_reviews') }}"
) }}

with

reviews as (
    select
        staged.*,
        {{ staged_row('stg_reviews') }} as _row,
        {{ key_of('member_id', 'staged.member_id') }} as member_key
    from {{ ref('stg_reviews') }} as staged
    where {{ is_staged_otherwise('stg_reviews') }}
),

facts as (
    select
        reviews.review_id as source_key,
        {{ party_key(['reviews.member_key']) }} as party_key,
        reviews.member_key,
        reviews.posted_at as occurred_at,
        reviews.product_id,
        reviews.rating,
        reviews._row
    from reviews
),

with_state as (
    select
        facts.*,
        {{ content_state(['source_key', 'party_key', 'occurred_at', 'product_id']) }} as _state
    from facts
)

select * from with_state
