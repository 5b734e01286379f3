{{ config(materialized='view') }}

with

acts as (
    select * from {{ ref('int_core__acts') }}
),

touchpoints as (
    select
        acts.source || ':' || acts.source_key as touchpoint_id,
        coalesce(party_customers.customer_id, shared_device_events.customer_id) as customer_id,
        acts.occurred_at,
        {{ tokyo_day('acts.occurred_at') }} as occurred_on,
        acts.channel,
        acts.action,
        coalesce(
            products.brand_id, contents.brand_id, acts.brand_id, stores.brand_id
        ) as brand_id,
        acts.product_id,
        acts.content_id,
        acts.store_id,
        -- What a URL calls its campaign is free text: only one that exists counts.
        case when acts.source = 'web_events' then coalesce(campaigns.campaign_id, contents.campaign_id)
            else coalesce(acts.campaign_id, contents.campaign_id)
        end as campaign_id,
        contents.information_kind,
        contents.score_category,
        acts.source,
        acts.source_key,
        acts.quantity,
        acts.amount,
        acts.order_id,
        acts.is_first_line,
        acts.visit_source
    from acts
    left join {{ ref('party_customers') }} as party_customers on acts.party_key = party_customers.party_key
    left join {{ ref('int_core__shared_device_events') }} as shared_device_events
        on party_customers.shared_party_key = shared_device_events.party_key
        and acts.occurred_at = shared_device_events.occurred_at
    left join {{ ref('stg_products') }} as products on acts.product_id = products.product_id
    left join {{ ref('int_core__contents') }} as contents on acts.content_id = contents.content_id
    left join {{ ref('stg_stores') }} as stores on acts.store_id = stores.store_id
    left join {{ ref('stg_campaigns') }} as campaigns on acts.campaign_id = campaigns.campaign_id
)

select * from touchpoints
