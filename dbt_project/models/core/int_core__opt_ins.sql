with

members as (
    select
        staged.*,
        {{ key_of('member_id', 'staged.member_id') }} as member_key
    from {{ ref('stg_members') }} as staged
),

opt_ins as (
    {% for channel in consent_channels() -%}
    select
        member_key,
        '{{ channel }}' as channel,
        {{ channel }}_opt_in as says_yes
    from members
    where {{ channel }}_opt_in is not null
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
)

select * from opt_ins
