with promotions as (
    select * from {{ ref('int_marts__promotions') }}
),

rules as (
    {{ rank_rules_in_force() }}
),

windows as (
    {{ rank_windows('rules') }}
),

-- ranked on the day before and on the last day that counts afterwards; the campaign's own days stand in neither. In a random trial each
-- customer has days of his own
points as (
    select
        promotions.campaign_no,
        promotions.brand_id,
        cast(null as bigint) as person_key,
        promotions.starts_at,
        {{ add_days('promotions.starts_on', '-1') }} as before_on,
        promotions.over_on as after_on,
        promotions.ends_on as own_until_on
    from promotions
    where promotions.is_over
        and not promotions.is_randomised
        and promotions.campaign_no in (select participants.campaign_no from {{ ref('int_marts__promotion_participants') }} as participants)
    union all
    select
        participants.campaign_no,
        promotions.brand_id,
        participants.person_key,
        cast(null as timestamp) as starts_at,
        {{ add_days(tokyo_day('participants.from_at'), '-1') }} as before_on,
        {{ add_days(tokyo_day('participants.until_at'), '-1') }} as after_on,
        {{ add_days(tokyo_day('participants.from_at'), '-1') }} as own_until_on
    from {{ ref('int_marts__promotion_participants') }} as participants
    inner join promotions on participants.campaign_no = promotions.campaign_no
    where participants.is_randomised
        and not participants.is_open
),

spans as (
    select
        points.*,
        windows.days_back,
        {{ add_days('points.before_on', '-windows.days_back') }} as before_from_on,
        {{ add_days('points.after_on', '-windows.days_back') }} as after_from_on
    from points
    cross join windows
),

reach as (
    select
        min(spans.before_from_on) as from_on,
        max(spans.after_on) as until_on
    from spans
),

-- days with each brand that a campaign is for; for a campaign of none those with a group of brands, as shipped the whole house
days as (
    select
        persons.anchor_key as person_key,
        persons.first_seen_at,
        days.brand_id,
        days.occurred_on,
        {% for measure in rank_day_measures().split() -%}
        days.{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_marts__brand_days') }} as days
    inner join {{ ref('persons') }} as persons on days.customer_id = persons.customer_id
    inner join reach on days.occurred_on > reach.from_on and days.occurred_on <= reach.until_on
    where not persons.is_visitor
        and days.brand_id in (select spans.brand_id from spans where spans.brand_id is not null)
    union all
    select
        persons.anchor_key as person_key,
        persons.first_seen_at,
        cast(null as varchar) as brand_id,
        days.occurred_on,
        {% for measure in rank_day_measures().split() -%}
        days.{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_marts__brand_group_days') }} as days
    inner join {{ ref('persons') }} as persons on days.customer_id = persons.customer_id
    inner join reach on days.occurred_on > reach.from_on and days.occurred_on <= reach.until_on
    where not persons.is_visitor
        and days.group_id = {{ setting('promotion_brand_group') }}
        and exists (select 1 from spans where spans.brand_id is null)
),

seen as (
    {% for condition in ('spans.person_key is null and days.first_seen_at < spans.starts_at', 'days.person_key = spans.person_key') -%}
    select
        spans.campaign_no,
        spans.days_back,
        days.*,
        days.occurred_on <= spans.before_on and days.occurred_on > spans.before_from_on as is_before,
        days.occurred_on > spans.after_from_on
        and (days.occurred_on <= spans.before_on or days.occurred_on > spans.own_until_on) as is_after
    from days
    inner join spans
        on coalesce(days.brand_id, '') = coalesce(spans.brand_id, '')
            and {{ condition }}
            and days.occurred_on > spans.before_from_on
            and days.occurred_on <= spans.after_on
    {% if not loop.last -%}
    union all
    {% endif -%}
    {% endfor %}
),

counts as (
    select
        seen.campaign_no,
        seen.days_back,
        seen.person_key,
        {% for point in ('before', 'after') -%}
        {% for measure in rank_measures().split() -%}
        sum(
            case when seen.is_{{ point }} then {{ rank_measure_of_day('seen', measure) }} else 0 end
        ) as {{ measure }}_{{ point }}{{ ',' if not loop.last }}
        {% endfor -%}
        {{ ',' if not loop.last }}
        {% endfor %}
    from seen
    group by seen.campaign_no, seen.days_back, seen.person_key
),

-- few different counts occur, so rules are tried once for each and not once for each customer
patterns as (
    {% for point in ('before', 'after') -%}
    select
        counts.days_back,
        {% for measure in rank_measures().split() -%}
        cast(counts.{{ measure }}_{{ point }} as integer) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from counts
    {% if not loop.last -%}
    union
    {% endif -%}
    {% endfor %}
),

matches as (
    {{ rank_matches('patterns', 'rules') }}
),

matched as (
    select
        counts.campaign_no,
        counts.person_key,
        min(matches_before.position) as position_before,
        min(matches_after.position) as position_after
    from counts
    {% for point in ('before', 'after') -%}
    left join matches as matches_{{ point }}
        on
            counts.days_back = matches_{{ point }}.days_back
            {% for measure in rank_measures().split() -%}
            and counts.{{ measure }}_{{ point }} = matches_{{ point }}.{{ measure }}
            {% endfor %}
    {% endfor %}
    group by counts.campaign_no, counts.person_key
),

ranks as (
    select
        matched.campaign_no,
        matched.person_key,
        rules_before.rank_position as rank_position_before,
        rules_after.rank_position as rank_position_after
    from matched
    left join rules as rules_before on matched.position_before = rules_before.position
    left join rules as rules_after on matched.position_after = rules_after.position
    where matched.position_before is not null
        or matched.position_after is not null
)

select * from ranks
