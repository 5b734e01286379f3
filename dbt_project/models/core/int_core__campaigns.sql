{{ config(materialized='view') }}

with

campaigns as (
    select
        staged.campaign_id,
        staged.kind,
        staged.store_id,
        staged.brand_id,
        staged.cost,
        staged.starts_on,
        greatest(staged.starts_on, staged.ends_on) as ends_on
    from {{ ref('stg_campaigns') }} as staged
)

select * from campaigns
