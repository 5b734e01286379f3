{%- set columns = [
    'touchpoint_id', 'customer_id', 'occurred_at', 'occurred_on', 'channel', 'action', 'brand_id', 'product_id', 'category',
    'content_id', 'store_id', 'campaign_id', 'information_kind', 'score_category', 'source', 'source_key', 'quantity', 'amount',
    'order_id', 'is_first_line', 'visit_source',
] -%}

with

newest as (
    select changed.customer_id
    from {{ ref('int_core__changed_customers') }} as changed
    where changed.change_no = (select max(log.change_no) from {{ ref('int_core__changed_customers') }} as log)
        and changed.customer_id is not null
),

-- Acts are looked for by these first: numbers are read much faster than ids.
parties as (
    select party_customers.party_key
    from {{ ref('party_customers') }} as party_customers
    where party_customers.customer_id in (select newest.customer_id from newest)
        or party_customers.shared_party_key is not null
),

touchpoints as (
    select
        {{ columns | join(',\n        ') }}
    from {{ ref('int_core__touchpoints') }}
    where party_key in (select parties.party_key from parties)
        and customer_id in (select newest.customer_id from newest)
        and occurred_at < {{ as_of_end_at() }}
)

select * from touchpoints
