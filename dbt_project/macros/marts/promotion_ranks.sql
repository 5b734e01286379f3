{# Brand ranks of customers on the day before a campaign and on the last day that counts after it; the campaign's own days stand in neither.
   Of campaigns whose days are the same for everybody they are kept from run to run (`int_marts__campaign_ranks`); in random trials each
   customer has days of his own (`int_marts__trial_ranks`), and is kept with them. #}

{# The days of the campaigns that are over and no random trials, with a key that is another where anything of them is. #}
{% macro campaign_points() -%}
    select
        points.*,
        md5(concat_ws(
            '|', points.campaign_no, coalesce(points.brand_id, '~'), points.before_on, points.after_on, points.own_until_on
        )) as campaign_key
    from (
        select
            promotions.campaign_no,
            promotions.brand_id,
            {{ add_days('promotions.starts_on', '-1') }} as before_on,
            promotions.over_on as after_on,
            promotions.ends_on as own_until_on
        from {{ ref('int_marts__promotions') }} as promotions
        where promotions.is_over
            and not promotions.is_randomised
    ) as points
{%- endmacro %}

{# Pre-hook of the table that keeps their ranks. #}
{% macro forget_changed_campaigns() -%}
    {%- if is_incremental() %}
    delete from {{ this }} where campaign_key not in (select points.campaign_key from ({{ campaign_points() }}) as points);
    {%- endif %}
    {{ forget_changed_customers() }}
{%- endmacro %}

{# The keys of the campaigns of which only changed customers' ranks have to be made. #}
{% macro campaigns_held() -%}
    {%- set changed = of_changed_customers('customer_id') -%}
    {%- if changed == 'true' -%} {{ return([]) }} {%- endif -%}
    {%- set held = [] -%}
    {%- for row in run_query('select distinct campaign_key from ' ~ this).rows -%} {%- do held.append(row[0]) -%} {%- endfor -%}
    {{ return(held) }}
{%- endmacro %}

{# The days of each customer of a random trial whose days are over. #}
{% macro trial_points() -%}
    select
        participants.campaign_no,
        promotions.brand_id,
        participants.customer_id,
        participants.person_key,
        {{ add_days(tokyo_day('participants.from_at'), '-1') }} as before_on,
        {{ add_days(tokyo_day('participants.until_at'), '-1') }} as after_on,
        {{ add_days(tokyo_day('participants.from_at'), '-1') }} as own_until_on
    from {{ ref('int_marts__promotion_participants') }} as participants
    inner join {{ ref('int_marts__promotions') }} as promotions on participants.campaign_no = promotions.campaign_no
    where participants.is_randomised
        and not participants.is_open
{%- endmacro %}

{# Pre-hook of the table that keeps their ranks: forgets those of whom anything is different. #}
{% macro forget_trial_customers() -%}
    {%- if is_incremental() %}
    delete from {{ this }} as stored
    where not exists (select 1 from ({{ trial_points() }}) as points where {{ same_trial_point('stored', 'points') }});
    {%- endif %}
    {{ forget_changed_customers() }}
{%- endmacro %}

{# A condition: two rows are of the same customer's same days of the same trial. #}
{% macro same_trial_point(left, right) -%}
    {{ left }}.campaign_no = {{ right }}.campaign_no
    and {{ left }}.customer_id = {{ right }}.customer_id
    and {{ left }}.before_on = {{ right }}.before_on
    and {{ left }}.after_on = {{ right }}.after_on
    and coalesce({{ left }}.brand_id, '') = coalesce({{ right }}.brand_id, '')
{%- endmacro %}

{# The CTEs from `points` to `ranks`: campaign_no, customer_id, rank_position_before, rank_position_after. `points` holds
   campaign_no, brand_id, customer_id, before_on, after_on, own_until_on. `passes`: which of `spans` are joined to the days of which
   `persons`, as pairs of conditions. #}
{% macro promotion_ranks_of_points(passes) -%}
rules as (
    {{ rank_rules_in_force() }}
),

windows as (
    {{ rank_windows('rules') }}
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

{% if not is_incremental() -%}
reach as (
    select
        min(spans.before_from_on) as from_on,
        max(spans.after_on) as until_on
    from spans
),

{% endif -%}
-- days with each brand that a campaign is for; for a campaign of none those with a group of brands, as shipped the whole house
{% for _, of_persons in passes -%}
customers_{{ loop.index }} as (
    select persons.customer_id
    from {{ ref('persons') }} as persons
    where not persons.is_visitor
        and {{ of_persons }}
),

days_{{ loop.index }} as (
    {%- set customers = 'customers_' ~ loop.index %}
    {% for days, brand_id, of_spans in (
        (ref('int_marts__brand_days'), 'days.brand_id', 'days.brand_id in (select spans.brand_id from spans where spans.brand_id is not null)'),
        (ref('int_marts__brand_group_days'), 'cast(null as varchar)',
         'days.group_id = ' ~ setting('promotion_brand_group') ~ ' and exists (select 1 from spans where spans.brand_id is null)'),
    ) -%}
    select
        days.customer_id,
        {{ brand_id }} as brand_id,
        days.occurred_on,
        {% for measure in rank_day_measures().split() -%}
        days.{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ days }} as days
    inner join {{ customers }} as customers on days.customer_id = customers.customer_id
    {%- if not is_incremental() %}
    -- of few customers all days are read: to find days between two is dearer
    inner join reach on days.occurred_on > reach.from_on and days.occurred_on <= reach.until_on
    {%- endif %}
    where {{ of_spans }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

{% endfor -%}
seen as (
    {% for of_spans, _ in passes -%}
    select
        spans.campaign_no,
        spans.days_back,
        days.*,
        days.occurred_on <= spans.before_on and days.occurred_on > spans.before_from_on as is_before,
        days.occurred_on > spans.after_from_on
        and (days.occurred_on <= spans.before_on or days.occurred_on > spans.own_until_on) as is_after
    from days_{{ loop.index }} as days
    inner join spans
        on coalesce(days.brand_id, '') = coalesce(spans.brand_id, '')
            and {{ of_spans }}
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
        seen.customer_id,
        {% for point in ('before', 'after') -%}
        {% for measure in rank_measures().split() -%}
        sum(
            case when seen.is_{{ point }} then {{ rank_measure_of_day('seen', measure) }} else 0 end
        ) as {{ measure }}_{{ point }}{{ ',' if not loop.last }}
        {% endfor -%}
        {{ ',' if not loop.last }}
        {% endfor %}
    from seen
    group by seen.campaign_no, seen.days_back, seen.customer_id
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
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

matches as (
    {{ rank_matches('patterns', 'rules') }}
),

matched as (
    select
        counts.campaign_no,
        counts.customer_id,
        min(matches_before.position) as position_before,
        min(matches_after.position) as position_after
    from counts
    {% for point in ('before', 'after') -%}
    left join matches as matches_{{ point }}
        on {{ same_counts('counts', 'matches_' ~ point, '_' ~ point) }}
    {% endfor %}
    group by counts.campaign_no, counts.customer_id
),

ranks as (
    select
        matched.campaign_no,
        matched.customer_id,
        rules_before.rank_position as rank_position_before,
        rules_after.rank_position as rank_position_after
    from matched
    left join rules as rules_before on matched.position_before = rules_before.position
    left join rules as rules_after on matched.position_after = rules_after.position
    where matched.position_before is not null
        or matched.position_after is not null
)
{%- endmacro %}
