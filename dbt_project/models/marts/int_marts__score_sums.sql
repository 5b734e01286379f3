{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_changed_score_sums() }}", post_hook="{{ count_new_score_sums() }}"
) }}

with acts as (
    select
        ledger.customer_id,
        ledger.rule_id,
        ledger.content_id,
        ledger.score_category,
        ledger.information_kind,
        {{ tokyo_day('ledger.occurred_at') }} as occurred_on
    from {{ ref('int_marts__score_ledger') }} as ledger
    where {{ of_changed_scores('ledger.customer_id') }}
),

weighed as (
    select
        acts.*,
        {{ score_weight('acts.occurred_on', as_of()) }} as weight
    from acts
),

sums as (
    select
        weighed.customer_id,
        weighed.rule_id,
        weighed.content_id,
        min(weighed.score_category) as score_category,
        min(weighed.information_kind) as information_kind,
        count(*) as acts,
        min(weighed.occurred_on) as first_on,
        sum(weighed.weight) as weight
    from weighed
    group by weighed.customer_id, weighed.rule_id, weighed.content_id
),

-- all acts by a rule give the same points, so that they need not be summed act by act
points as (
    select
        sums.customer_id,
        sums.rule_id,
        sums.content_id,
        sums.score_category,
        sums.information_kind,
        sums.first_on,
        cast(sums.acts as bigint) as acts,
        {% for category in ['product', 'lifestyle', 'lifestance'] -%}
        cast(sums.weight * rules.{{ category }} as decimal(28, 9)) as {{ category }},
        {% endfor -%}
        '{{ invocation_id }}' as _batch
    from sums
    inner join {{ ref('score_rules') }} as rules on sums.rule_id = rules.rule_id
)

select * from points
