{%- set columns = [
    'touchpoint_id', 'customer_id', 'occurred_at', 'occurred_on', 'channel', 'action', 'brand_id', 'product_id', 'category',
    'content_id', 'store_id', 'campaign_id', 'information_kind', 'score_category', 'source', 'quantity', 'order_id', 'is_first_line',
] -%}

with

newest as (
    select changed.customer_id
    from {{ ref('int_core__changed_customers') }} as changed
    where changed.change_no = (select max(log.change_no) from {{ ref('int_core__changed_customers') }} as log)
        and changed.customer_id is not null
),

-- Acts are looked for by these, with all that is asked of most of them: numbers are read much faster than ids, and one join of which
-- each row is one party's is what a scan filters by. On a shared device only the act says whose it is.
parties as (
    select
        party_key,
        false as is_shared,
        {{ as_of_end_at() }} as until
    from {{ ref('party_customers') }}
    where customer_id in (select newest.customer_id from newest)
    union all
    select
        party_key,
        true as is_shared,
        {{ as_of_end_at() }} as until
    from {{ ref('party_customers') }}
    where shared_party_key is not null
),

touchpoints as (
    select
        touchpoints.{{ columns | join(',\n        touchpoints.') }}
    from {{ ref('int_core__touchpoints') }} as touchpoints
    inner join parties
        on touchpoints.party_key = parties.party_key
        and touchpoints.occurred_at < parties.until
    where not parties.is_shared or touchpoints.customer_id in (select newest.customer_id from newest)
)

select * from touchpoints
