with

requests as (
    select
        staged.request_id,
        {{ identifier_key(identifier_hash_of('staged.identifier_kind', 'staged.identifier')) }} as identifier_key,
        staged.kind,
        nullif(lower(trim(staged.channel)), '') as channel,
        staged.requested_at
    from {{ ref('stg_privacy_requests') }} as staged
)

select * from requests
