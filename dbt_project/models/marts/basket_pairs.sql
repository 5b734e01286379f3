{{ config(materialized='view') }}

with

basket_pairs as (
    select
        pairs.level,
        pairs.basis,
        pairs.left_id,
        pairs.right_id,
        pairs.baskets_together,
        pairs.left_baskets,
        pairs.right_baskets,
        pairs.baskets,
        pairs.support,
        pairs.confidence_left_to_right,
        pairs.confidence_right_to_left,
        pairs.lift
    from {{ ref('int_marts__basket_pairs') }} as pairs
    where pairs.as_of = {{ as_of() }}
)

select * from basket_pairs
