{# What is counted of a customer's day with a brand, by the rule table rank_acts. #}
{% macro rank_day_measures() -%}
    purchases reviews interest_acts views visits social_acts touches
{%- endmacro %}

{# What a rule may ask for: a column `min_<measure>` of rank_rules and journey_rules. #}
{% macro rank_measures() -%}
    purchases purchase_days reviews interest_acts views view_days visits social_acts touches touch_days
{%- endmacro %}

{# One day's worth of a measure, from a row of int_marts__brand_days. #}
{% macro rank_measure_of_day(days, measure) -%}
    {%- if measure == 'touch_days' -%}
        1
    {%- elif measure == 'purchase_days' -%}
        case when {{ days }}.purchases > 0 then 1 else 0 end
    {%- elif measure == 'view_days' -%}
        case when {{ days }}.views > 0 then 1 else 0 end
    {%- else -%}
        {{ days }}.{{ measure }}
    {%- endif -%}
{%- endmacro %}

{# The days of the customers whose rows have to be made, as a subquery with the columns of int_marts__brand_days: in a usual run a small table, so that several
   models cost one scan. #}
{% macro brand_days_to_read() -%}
    {%- if not execute -%}{%- do ref('int_marts__changed_brand_days') -%}{%- endif -%}
    {%- set condition = of_changed_customers('customer_id') -%}
    {%- set is_newest = condition != 'true' and run_query('select ' ~ newest_change() ~ ' = ' ~ changes_held(this) ~ ' + 1').rows[0][0] -%}
    (select * from {{ ref('int_marts__changed_brand_days' if is_newest else 'int_marts__brand_days') }} where {{ 'true' if is_newest else condition }})
{%- endmacro %}

{# The rank rules, each with the days that it looks back. #}
{% macro rank_rules_in_force() -%}
    select
        rules.*,
        min(rules.position) over (partition by rules.rank) as rank_position,
        coalesce(rules.window_days, {{ setting('rank_window_days', 'integer') }}) as days_back
    from {{ ref('rank_rules') }} as rules
{%- endmacro %}

{# Every length of window that is looked back; the counts shown are those of the reported one. #}
{% macro rank_windows(rules) -%}
    select
        lengths.days_back,
        lengths.days_back = {{ setting('rank_window_days', 'integer') }} as is_reported
    from (
        select {{ rules }}.days_back from {{ rules }}
        union
        select {{ setting('rank_window_days', 'integer') }} as days_back
    ) as lengths
{%- endmacro %}

{# The first rule that holds for counts within a window: columns days_back, the measures, position. Few different counts occur, so
   rules are tried once for each and not once for each customer. #}
{% macro rank_matches(counts, rules) -%}
    select
        patterns.days_back,
        {% for measure in rank_measures().split() -%}
        patterns.{{ measure }},
        {% endfor -%}
        min({{ rules }}.position) as position
    from (
        select distinct
            {{ counts }}.days_back,
            {% for measure in rank_measures().split() -%}
            {{ counts }}.{{ measure }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ counts }}
    ) as patterns
    inner join {{ rules }}
        on
            patterns.days_back = {{ rules }}.days_back
            {% for measure in rank_measures().split() -%}
            and ({{ rules }}.min_{{ measure }} is null or patterns.{{ measure }} >= {{ rules }}.min_{{ measure }})
            {% endfor %}
    group by
        patterns.days_back,
        {% for measure in rank_measures().split() -%}
        patterns.{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
{%- endmacro %}

{# Whether two rows of the counts that `rank_matches` was made from and of it are of the same counts; `suffix` ends the names of the counts. #}
{% macro same_counts(counts, matches, suffix='') -%}
    {{ counts }}.days_back = {{ matches }}.days_back
    {%- for measure in rank_measures().split() %}
            and {{ counts }}.{{ measure }}{{ suffix }} = {{ matches }}.{{ measure }}
    {%- endfor %}
{%- endmacro %}

{# Pre-hook of a table of ranks: forgets the rows that are to be made in this run. Windows end at as_of, so a day that is as old as a window
   is long leaves it; lengths of windows are written out, so that days are compared with numbers and not joined. `days` is as in `ranks_at`;
   `gone`: a statement before they go. #}
{% macro forget_changed_ranks(days, months, gone=none) -%}
    {%- set held = held_on(months) %}
    {%- if held is not none %}
    {%- set query -%}
        with rules as (
            {{ rank_rules_in_force() }}
        )
        select windows.days_back from ({{ rank_windows('rules') }}) as windows order by windows.days_back
    {%- endset %}
    create or replace temp table ranks_to_make as
    select days.customer_id
    from {{ days }} as days
    where
        {%- for window in run_query(query).rows %}
        {{ 'or ' if not loop.first }}(
            days.occurred_on > {{ add_days("cast('" ~ held ~ "' as date)", '-' ~ window[0]) }}
            and days.occurred_on <= {{ add_days(as_of(), '-' ~ window[0]) }}
        )
        {%- endfor %}
    union
    select changed.customer_id
    from {{ ref('int_core__changed_customers') }} as changed
    where changed.change_no > {{ changes_held(this) }};
    {{ gone ~ ';' if gone }}
    delete from {{ this }} where customer_id in (select ranks_to_make.customer_id from ranks_to_make);
    {%- elif is_incremental() %}
    delete from {{ this }};
    {%- endif %}
    {{ note_changes_held() }}
{%- endmacro %}

{# A condition: the customer's ranks are to be made in this run. #}
{% macro of_changed_ranks(column, months) -%}
    {%- set changed = of_changed_customers(column) -%}
    {{ return('true' if not is_incremental() or held_on(months) is none else column ~ ' in (select ranks_to_make.customer_id from ranks_to_make)') }}
{%- endmacro %}

{# Ranks as the rows of a model: at the run's day (months_before 0) and at the `months` month ends before it, one for each `key`
   (customer and brand, or customer and group of brands). `days` is a table of the key and occurred_on with the day's measures. #}
{% macro ranks_at(days, key, months) -%}
{%- set measures = rank_measures().split() -%}
with customers as (
    select persons.customer_id
    from {{ ref('persons') }} as persons
    where not persons.is_visitor
        and {{ of_changed_ranks('persons.customer_id', months) }}
),

rules as (
    {{ rank_rules_in_force() }}
),

windows as (
    select
        as_of_days.as_of,
        as_of_days.months_before,
        lengths.days_back,
        lengths.is_reported
    from {{ ref('int_marts__as_of_days') }} as as_of_days
    cross join ({{ rank_windows('rules') }}) as lengths
    where as_of_days.months_before <= {{ months }}
),

counts as (
    select
        windows.months_before,
        windows.days_back,
        windows.is_reported,
        {% for column in key -%}
        days.{{ column }},
        {% endfor -%}
        {% for measure in measures -%}
        cast(sum({{ rank_measure_of_day('days', measure) }}) as integer) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ days }} as days
    inner join customers on days.customer_id = customers.customer_id
    inner join windows
        on
            days.occurred_on <= windows.as_of
            and days.occurred_on > {{ add_days('windows.as_of', '-windows.days_back') }}
    group by windows.months_before, windows.days_back, windows.is_reported, days.{{ key | join(', days.') }}
),

matches as (
    {{ rank_matches('counts', 'rules') }}
),

matched as (
    select
        counts.months_before,
        counts.{{ key | join(', counts.') }},
        min(matches.position) as position,
        max(case when counts.is_reported then counts.purchases else 0 end) as purchases,
        max(case when counts.is_reported then counts.views else 0 end) as views,
        max(case when counts.is_reported then counts.reviews else 0 end) as reviews,
        max(
            case
                when counts.is_reported
                    then counts.purchases + counts.reviews + counts.interest_acts + counts.views + counts.visits + counts.social_acts
                else 0
            end
        ) as counted_acts
    from counts
    left join matches on {{ same_counts('counts', 'matches') }}
    group by counts.months_before, counts.{{ key | join(', counts.') }}
),

ranks as (
    select
        matched.months_before,
        matched.{{ key | join(', matched.') }},
        rules.rank,
        rules.rank_position,
        rules.rule_id,
        rules.rule_id as reason,
        cast(matched.purchases as bigint) as purchases,
        cast(matched.views as bigint) as views,
        cast(matched.reviews as bigint) as reviews,
        {{ is_potential('rules.rank', 'matched.purchases') }} as is_potential,
        matched.counted_acts > 0 as is_interested,
        {{ newest_change() }} as change_no,
        '{{ invocation_id }}' as _batch
    from matched
    inner join rules on matched.position = rules.position
)

select * from ranks
{%- endmacro %}

{# Interested, not buying. #}
{% macro is_potential(rank, purchases) -%}
    {{ rank }} in ('B', 'C', 'D', 'E') and {{ purchases }} = 0
{%- endmacro %}
