with act_figures as (
    select
        touchpoints.occurred_on as day,
        touchpoints.source,
        touchpoints.action,
        count(*) as acts
    from {{ ref('touchpoints') }} as touchpoints
    where touchpoints.occurred_at < {{ as_of_end_at() }}
    group by touchpoints.occurred_on, touchpoints.source, touchpoints.action
),

-- Which acts are counted under which name; messages (sent, opened ...) and web events each also under their own. Joined and not
-- filtered name by name: DuckDB would ask every act for all of the filters.
names as (
    {% for source, action, metric in [
        (none, 'page_view', 'web_views'), (none, 'product_view', 'web_views'), (none, 'content_view', 'web_views'),
        ('web_events', none, 'web_events'), ('social_actions', none, 'social_actions'), ('message_events', none, none),
        (none, 'visit', 'visits'), (none, 'reservation', 'reservations'), (none, 'review', 'reviews'), (none, 'survey', 'surveys'),
        (none, 'add_to_cart', 'carts_filled'),
    ] -%}
    select
        cast({{ "'" ~ source ~ "'" if source else 'null' }} as varchar) as source,
        cast({{ "'" ~ action ~ "'" if action else 'null' }} as varchar) as action,
        cast({{ "'" ~ metric ~ "'" if metric else 'null' }} as varchar) as metric
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

act_metrics as (
    select
        act_figures.day,
        coalesce(names.metric, act_figures.action) as metric,
        act_figures.acts as value
    from act_figures
    inner join names
        on (names.source is null or act_figures.source = names.source)
            and (names.action is null or act_figures.action = names.action)
),

points as (
    select
        {{ tokyo_day('ledger.occurred_at') }} as day,
        sum(ledger.product) as product,
        sum(ledger.lifestyle) as lifestyle,
        sum(ledger.lifestance) as lifestance
    from {{ ref('score_ledger') }} as ledger
    group by {{ tokyo_day('ledger.occurred_at') }}
),

score_metrics as (
    {% for category in ['product', 'lifestyle', 'lifestance'] -%}
    select points.day, 'score_{{ category }}' as metric, points.{{ category }} as value from points
    union all
    {% endfor -%}
    select points.day, 'score_total' as metric, points.product + points.lifestyle + points.lifestance as value from points
),

kpis as (
    select act_metrics.day, act_metrics.metric, sum(act_metrics.value) as value from act_metrics
    group by act_metrics.day, act_metrics.metric
    union all
    select score_metrics.day, score_metrics.metric, score_metrics.value from score_metrics
    union all
    select active_days.occurred_on as day, 'active_customers' as metric, count(*) as value
    from {{ ref('int_marts__active_days') }} as active_days
    group by active_days.occurred_on
),

typed as (
    select
        kpis.day,
        kpis.metric,
        cast(kpis.value as decimal(18, 2)) as value
    from kpis
)

select * from typed
