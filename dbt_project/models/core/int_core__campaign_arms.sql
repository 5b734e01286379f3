with

-- every version: whom a trial assigned first to an arm belongs to it, whatever was written later
versions as (
    select
        base.identifier_kind,
        base.identifier,
        base.name,
        lower(trim(base.value)) as arm,
        base.updated_at
    from {{ ref('base_external_attributes') }} as base
    where base.row_outcome in ('staged', 'superseded')
        and lower(trim(base.value)) in ('treated', 'control')
),

campaigns as (
    select
        campaigns.campaign_id,
        replace({{ setting('campaign_arm_attribute') }}, '{campaign_id}', campaigns.campaign_id) as name
    from {{ ref('int_core__campaigns') }} as campaigns
),

assigned as (
    select
        campaigns.campaign_id,
        {{ identifier_key(identifier_hash_of('versions.identifier_kind', 'versions.identifier')) }} as identifier_key,
        versions.arm,
        versions.updated_at
    from versions
    inner join campaigns on versions.name = campaigns.name
),

ordered as (
    select
        assigned.campaign_id,
        identity_map.customer_id,
        assigned.arm,
        assigned.updated_at as assigned_at,
        row_number() over (
            partition by assigned.campaign_id, identity_map.customer_id
            order by assigned.updated_at asc nulls last, assigned.arm asc nulls last, assigned.identifier_key asc nulls last
        ) as position
    from assigned
    inner join {{ ref('identity_map') }} as identity_map on assigned.identifier_key = identity_map.identifier_key
    where identity_map.customer_id is not null
),

arms as (
    select
        ordered.campaign_id,
        ordered.customer_id,
        ordered.arm,
        ordered.assigned_at
    from ordered
    where ordered.position = 1
)

select * from arms
