{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ forget_changed_spells() }}", post_hook="{{ count_new_spells() }}"
) }}

{% set measures = rank_measures().split() -%}
with brand_days as (
    select days.*
    from {{ brand_days_to_read() }} as days
    inner join {{ ref('persons') }} as persons on days.customer_id = persons.customer_id
    where not persons.is_visitor
),

rules as (
    {{ rank_rules_in_force() }}
),

windows as (
    {{ rank_windows('rules') }}
),

-- A day is seen from the first month end after it until the first whose window does not reach back to it.
ends as (
    select
        windows.days_back,
        0 as days_later,
        1 as sign
    from windows
    union all
    select
        windows.days_back,
        windows.days_back as days_later,
        -1 as sign
    from windows
),

-- all windows have a row wherever one of them changes, so that their spells are the same
changes as (
    select
        brand_days.customer_id,
        brand_days.brand_id,
        windows.days_back,
        windows.is_reported,
        last_day({{ add_days('brand_days.occurred_on', 'ends.days_later') }}) as from_on,
        {% for measure in measures -%}
        cast(
            sum(
                case
                    when ends.days_back = windows.days_back then ends.sign * ({{ rank_measure_of_day('brand_days', measure) }})
                    else 0
                end
            ) as integer
        ) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from brand_days
    cross join ends
    cross join windows
    group by
        brand_days.customer_id,
        brand_days.brand_id,
        windows.days_back,
        windows.is_reported,
        last_day({{ add_days('brand_days.occurred_on', 'ends.days_later') }})
),

counts as (
    select
        changes.customer_id,
        changes.brand_id,
        changes.days_back,
        changes.is_reported,
        changes.from_on,
        lead(changes.from_on) over history as until_on,
        {% for measure in measures -%}
        cast(sum(changes.{{ measure }}) over history as integer) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from changes
    window history as (
        partition by changes.customer_id, changes.brand_id, changes.days_back order by changes.from_on asc nulls last
    )
),

matches as (
    {{ rank_matches('counts', 'rules') }}
),

matched as (
    select
        counts.customer_id,
        counts.brand_id,
        counts.from_on,
        counts.until_on,
        min(matches.position) as position,
        max(case when counts.is_reported then counts.purchases else 0 end) as purchases,
        max(case when counts.is_reported then counts.views else 0 end) as views,
        max(case when counts.is_reported then counts.reviews else 0 end) as reviews
    from counts
    left join matches on {{ same_counts('counts', 'matches') }}
    where counts.touches > 0
    group by counts.customer_id, counts.brand_id, counts.from_on, counts.until_on
),

ranked as (
    select
        matched.customer_id,
        matched.brand_id,
        matched.from_on,
        matched.until_on,
        rules.rank,
        rules.rank_position,
        rules.rule_id,
        cast(matched.purchases as bigint) as purchases,
        cast(matched.views as bigint) as views,
        cast(matched.reviews as bigint) as reviews
    from matched
    inner join rules on matched.position = rules.position
),

spells as (
    select
        ranked.*,
        case when lag(ranked.until_on) over history = ranked.from_on then lag(ranked.rank_position) over history end
            as rank_position_before,
        coalesce(lead(ranked.from_on) over history = ranked.until_on, false) as is_followed,
        '{{ invocation_id }}' as _batch
    from ranked
    window history as (partition by ranked.customer_id, ranked.brand_id order by ranked.from_on asc nulls last)
)

select * from spells
