{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_changed_in_window() }}") }}

with window_of as (
    select {{ month_of(as_of()) }} as month_on
),

acts as (
    select acts.*
    from {{ ref('int_insights__recent_acts') }} as acts
    inner join {{ ref('persons') }} as persons on acts.customer_id = persons.customer_id
    where not persons.is_visitor
        and {{ of_changed_in_window('acts.customer_id') }}
),

rules as (
    select * from {{ ref('tag_rules') }}
    where what in ('acts', 'last_product', 'campaign', 'channel_share')
),

matched as (
    select
        acts.customer_id,
        rules.tag,
        rules.what,
        case rules.what when 'channel_share' then acts.channel when 'campaign' then acts.campaign_id else '' end as subject,
        rules.min_acts,
        acts.is_in_window,
        acts.acts,
        acts.last_on,
        acts.last_product
    from acts
    inner join rules
        on (rules.action is null or acts.action = rules.action)
        and (rules.channel is null or acts.channel = rules.channel)
        and (rules.information_kind is null or acts.information_kind = rules.information_kind)
        and (rules.what <> 'campaign' or acts.campaign_id is not null)
),

-- changed_on: when the last act came, or, where acts have left the window since, when it moved on
counted as (
    select
        matched.customer_id,
        matched.tag,
        matched.what,
        matched.subject,
        matched.min_acts,
        sum(case when matched.is_in_window then matched.acts else 0 end) as acts,
        max(case when matched.is_in_window then matched.last_on else (select window_of.month_on from window_of) end) as changed_on,
        max(case when matched.is_in_window then matched.last_product end) as last_product
    from matched
    group by matched.customer_id, matched.tag, matched.what, matched.subject, matched.min_acts
),

shared as (
    select
        counted.*,
        sum(counted.acts) over (partition by counted.customer_id, counted.tag) as all_acts,
        max(counted.changed_on) over (partition by counted.customer_id, counted.tag) as shares_changed_on
    from counted
    where counted.what = 'channel_share'
),

valued as (
    select
        shared.customer_id,
        shared.tag || ':' || shared.subject as tag,
        cast(cast(round(100.0 * shared.acts / shared.all_acts, 0) as bigint) as varchar) as value,
        shared.shares_changed_on as since
    from shared
    where shared.acts > 0
    union all
    select
        counted.customer_id,
        case when counted.what = 'campaign' then counted.tag || ':' || counted.subject else counted.tag end as tag,
        cast(cast(counted.acts as bigint) as varchar) as value,
        counted.changed_on as since
    from counted
    where counted.what in ('acts', 'campaign')
        and counted.acts >= counted.min_acts
    union all
    select
        counted.customer_id,
        counted.tag,
        substr(counted.last_product, instr(counted.last_product, '!') + 1) as value,
        {{ tokyo_day("cast(substr(counted.last_product, 1, instr(counted.last_product, '!') - 1) as timestamp)") }} as since
    from counted
    where counted.what = 'last_product'
        and counted.acts >= counted.min_acts
        and counted.last_product is not null
),

act_tags as (
    select
        valued.*,
        {{ tag_window_on() }} as window_on,
        '{{ invocation_id }}' as _batch
    from valued
)

select * from act_tags
