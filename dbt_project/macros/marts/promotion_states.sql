{# What stood of customers around campaigns. `int_marts__promotion_customers` keeps it from run to run: made are the customers who have changed, those who take
   part otherwise than they did (`run.participants_held` has how it was), and everybody for campaigns that are over since or are others by now. #}

{# The campaigns in which anybody is compared, with a key that is another where anything of them is. #}
{% macro compared_promotions() -%}
    select
        promotions.*,
        {{ start_of_day(add_days('promotions.starts_on', '-' ~ setting('promotion_prior_days', 'integer'))) }} as prior_from_at,
        md5(concat_ws(
            '|', promotions.campaign_no, promotions.campaign_id, promotions.is_randomised, coalesce(promotions.brand_id, '~'), promotions.starts_on,
            promotions.ends_on, promotions.over_on
        )) as campaign_key
    from {{ ref('int_marts__promotions') }} as promotions
    where (promotions.is_over or promotions.is_randomised)
        and promotions.campaign_no in (select participants.campaign_no from {{ ref('int_marts__promotion_participants') }} as participants)
{%- endmacro %}

{# How a customer takes part, as columns of int_marts__promotion_participants. #}
{% macro participation() -%}
    is_treated is_known_before is_late is_open from_at until_at
{%- endmacro %}

{# Pre-hook of the table: finds who has to be made in `promotion_persons`, and forgets them and campaigns that are others. #}
{% macro forget_changed_promotions() -%}
    {%- set of_changed = of_changed_customers('persons.customer_id') -%}
    {%- if of_changed != 'true' %}
    create or replace temp table promotion_persons as
    select persons.anchor_key as person_key
    from {{ ref('persons') }} as persons
    where {{ of_changed }}
    union
    select stored.person_key
    from {{ this }} as stored
    where stored.person_key not in (select persons.anchor_key from {{ ref('persons') }} as persons)
    union
    select coalesce(participants.person_key, held.person_key) as person_key
    from {{ ref('int_marts__promotion_participants') }} as participants
    full join {{ source('run', 'participants_held') }} as held
        on participants.campaign_no = held.campaign_no and participants.person_key = held.person_key
    where participants.person_key is null
        or held.person_key is null
        {%- for column in participation().split() %}
        or participants.{{ column }} <> held.{{ column }}
        {%- endfor %};
    {%- endif %}
    {%- if is_incremental() %}
    delete from {{ this }}
    where {{ 'true' if of_changed == 'true' else 'person_key in (select persons.person_key from promotion_persons as persons)' }}
        or campaign_key not in (select promotions.campaign_key from ({{ compared_promotions() }}) as promotions);
    {%- endif %}
    {{ note_changes_held() }}
{%- endmacro %}

{# Post-hook: how everybody takes part by now. #}
{% macro note_participants_held() -%}
    {%- set held = source('run', 'participants_held') -%}
    delete from {{ held }};
    insert into {{ held }}
    select
        participants.campaign_no,
        participants.person_key,
        participants.{{ participation().split() | join(', participants.') }}
    from {{ ref('int_marts__promotion_participants') }} as participants
    {%- if is_incremental() %};
    drop table if exists promotion_persons
    {%- endif %}
{%- endmacro %}

{# Which campaigns are to be made for which persons where rows are kept, as pairs of conditions on `compared` and `persons`. #}
{% macro promotions_to_make() -%}
    {%- set keys = [] -%}
    {%- for row in run_query('select distinct campaign_key from ' ~ this).rows -%} {%- do keys.append(row[0]) -%} {%- endfor -%}
    {%- set is_held = "compared.campaign_key in ('" ~ keys | join("', '") ~ "')" -%}
    {%- set passes = [(is_held, 'persons.anchor_key in (select made.person_key from promotion_persons as made)')] -%}
    {%- if run_query('select count(*) > 0 from (' ~ compared_promotions() ~ ') as compared where not ' ~ is_held).rows[0][0] -%}
        {%- do passes.append(('not ' ~ is_held, 'true')) -%}
    {%- endif -%}
    {{ return(passes) }}
{%- endmacro %}

{# The CTEs from `compared` to `aged`: one row per campaign and customer who is compared and of whom anything but the existence is known, with what was known on
   the day before, and what stood on the last day that counts. Those compared were known before the campaign; one who named it only after its end
   stands on neither side. #}
{% macro promotion_states(passes) -%}
compared as (
    {{ compared_promotions() }}
),

{% for of_campaigns, of_persons in passes -%}
campaigns_{{ loop.index }} as (
    select * from compared
    where {{ of_campaigns }}
),

-- in tens of millions of rows a customer is the number of the person
persons_{{ loop.index }} as (
    select
        persons.customer_id,
        persons.anchor_key as person_key,
        persons.first_seen_at
    from {{ ref('persons') }} as persons
    where not persons.is_visitor
        and {{ of_persons }}
),

orders_{{ loop.index }} as (
    select
        persons.person_key,
        persons.first_seen_at,
        orders.ordered_at,
        orders.ordered_on,
        orders.channel,
        orders.is_counted,
        orders.is_trial,
        orders.net_amount
    from {{ ref('orders') }} as orders
    inner join persons_{{ loop.index }} as persons on orders.customer_id = persons.customer_id
    where orders.ordered_at < {{ as_of_end_at() }}
        and (orders.is_counted or orders.is_trial or orders.is_return)
),

participants_{{ loop.index }} as (
    select
        participants.*,
        {{ days_after('participants.since_at', '-' ~ setting('promotion_prior_days', 'integer')) }} as prior_from_at
    from {{ ref('int_marts__promotion_participants') }} as participants
    inner join campaigns_{{ loop.index }} as campaigns on participants.campaign_no = campaigns.campaign_no
    inner join persons_{{ loop.index }} as persons on participants.person_key = persons.person_key
    where not participants.is_open
),

{% endfor -%}
-- each order as a campaign sees it: before it, on the days that count after it, or on its own days
seen as (
    {% for _ in passes -%}
    select
        campaigns.campaign_no,
        orders.*,
        orders.ordered_at < campaigns.starts_at as is_before,
        orders.ordered_at < campaigns.starts_at and orders.ordered_at >= campaigns.prior_from_at as is_prior,
        orders.ordered_at >= campaigns.ends_at as is_after
    from orders_{{ loop.index }} as orders
    inner join campaigns_{{ loop.index }} as campaigns
        on orders.ordered_at < campaigns.over_at and orders.first_seen_at < campaigns.starts_at
    where not campaigns.is_randomised
    union all
    select
        assigned.campaign_no,
        orders.*,
        orders.ordered_at < assigned.from_at as is_before,
        orders.ordered_at < assigned.from_at and orders.ordered_at >= assigned.prior_from_at as is_prior,
        orders.ordered_at >= assigned.from_at as is_after
    from orders_{{ loop.index }} as orders
    inner join participants_{{ loop.index }} as assigned
        on orders.person_key = assigned.person_key
            and orders.ordered_at < assigned.until_at
    where assigned.is_randomised
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

-- Orders on the campaign's own days stand neither before nor after, so that taking part is never the outcome.
histories as (
    select
        seen.campaign_no,
        seen.person_key,
        cast(sum(case when seen.is_before and seen.is_counted then 1 else 0 end) as bigint) as orders_before,
        max(case when seen.is_before and seen.is_counted then seen.ordered_on end) as last_counted_on,
        max(case when seen.is_before and seen.is_trial then seen.ordered_on end) as last_trial_on,
        cast(sum(case when seen.is_prior and seen.is_counted then 1 else 0 end) as bigint) as prior_orders,
        cast(sum(case when seen.is_prior then seen.net_amount else 0 end) as decimal(18, 2)) as prior_sales,
        max(case when seen.is_prior and seen.is_counted and seen.channel = 'ec' then 1 else 0 end) as bought_on_ec,
        max(case when seen.is_prior and seen.is_counted and seen.channel = 'store' then 1 else 0 end) as bought_in_store,
        cast(sum(case when seen.is_after and seen.is_counted then 1 else 0 end) as bigint) as orders_after,
        max(case when seen.is_after and seen.is_counted then seen.ordered_on end) as next_counted_on,
        max(case when seen.is_after and seen.is_trial then seen.ordered_on end) as next_trial_on,
        cast(sum(case when seen.is_after then seen.net_amount else 0 end) as decimal(18, 2)) as net_sales
    from seen
    group by seen.campaign_no, seen.person_key
),

-- Of customers who have changed; in a random trial, ranks around each one's own days.
ranks as (
    {% for _ in passes -%}
    select
        ranks.campaign_no,
        ranks.person_key,
        ranks.rank_position_before,
        ranks.rank_position_after
    from {{ ref('int_marts__campaign_ranks') }} as ranks
    inner join campaigns_{{ loop.index }} as campaigns on ranks.campaign_no = campaigns.campaign_no
    inner join persons_{{ loop.index }} as persons on ranks.person_key = persons.person_key
    where persons.first_seen_at < campaigns.starts_at
    union all
    select
        ranks.campaign_no,
        ranks.person_key,
        ranks.rank_position_before,
        ranks.rank_position_after
    from {{ ref('int_marts__trial_ranks') }} as ranks
    inner join campaigns_{{ loop.index }} as campaigns on ranks.campaign_no = campaigns.campaign_no
    inner join persons_{{ loop.index }} as persons on ranks.person_key = persons.person_key
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

participants as (
    {% for _ in passes -%}
    select * from participants_{{ loop.index }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

-- whoever is known from any side, once
listed as (
    select campaign_no, person_key from histories
    union
    select campaign_no, person_key from ranks
    union
    select campaign_no, person_key from participants
),

described as (
    select
        listed.campaign_no,
        listed.person_key,
        compared.campaign_id,
        compared.campaign_key,
        compared.is_randomised,
        coalesce(participants.is_treated, false) as is_treated,
        case
            when compared.is_randomised then {{ tokyo_day('participants.from_at') }}
            else {{ add_days('compared.starts_on', '-1') }}
        end as before_on,
        case
            when compared.is_randomised then {{ tokyo_day('participants.until_at') }}
            else compared.over_on
        end as after_on,
        coalesce(histories.orders_before, 0) as orders_before,
        coalesce(histories.orders_before, 0) + coalesce(histories.orders_after, 0) as orders_at_end,
        coalesce(histories.last_counted_on, histories.last_trial_on) as recent_before_on,
        coalesce(
            histories.next_counted_on, histories.last_counted_on, histories.next_trial_on, histories.last_trial_on
        ) as recent_after_on,
        coalesce(histories.prior_orders, 0) as prior_orders,
        coalesce(histories.prior_sales, 0) as prior_sales,
        case
            when histories.bought_on_ec = 1 and histories.bought_in_store = 1 then 'both'
            when histories.bought_on_ec = 1 then 'ec'
            when histories.bought_in_store = 1 then 'store'
            else 'none'
        end as channel,
        coalesce(histories.orders_after, 0) as orders_after,
        coalesce(histories.net_sales, 0) as net_sales,
        ranks.rank_position_before,
        ranks.rank_position_after
    from listed
    inner join compared on listed.campaign_no = compared.campaign_no
    {% for side in ['histories', 'ranks', 'participants'] -%}
    left join {{ side }} on listed.campaign_no = {{ side }}.campaign_no and listed.person_key = {{ side }}.person_key
    {% endfor -%}
    where coalesce(participants.is_known_before, true)
        and not coalesce(participants.is_late, false)
),

aged as (
    select
        described.*,
        {{ completed_months('described.recent_before_on', 'described.before_on') }} as months_before,
        {{ completed_months('described.recent_after_on', 'described.after_on') }} as months_after
    from described
)
{%- endmacro %}
