{{ config(materialized='view') }}

with brand_journeys as (
    select
        journeys.customer_id,
        journeys.brand_id,
        journeys.stage,
        journeys.since
    from {{ ref('int_marts__brand_journeys') }} as journeys
)

select * from brand_journeys
