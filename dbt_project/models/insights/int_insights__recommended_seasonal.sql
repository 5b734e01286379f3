with

in_season as (
    select * from {{ ref('int_insights__seasonal_rules') }}
),

offers as (
    {{ seasonal_offers() }}
),

-- Those whose lists are kept are not asked for here.
scope as (
    select * from {{ ref('int_insights__recommendation_scope') }}
    where is_only_for_pairs is not true
),

gifts as (
    select
        scope.asked_no,
        in_season.rule_id
    from {{ ref('orders') }} as orders
    inner join scope
        on orders.customer_id = scope.customer_id and orders.ordered_on <= scope.as_of
    inner join in_season
        on
            scope.as_of = in_season.as_of
            and coalesce({{ days_between('orders.ordered_on', 'scope.as_of') }} < in_season.gift_days, true)
    where orders.is_counted and orders.is_gift
    group by scope.asked_no, in_season.rule_id, in_season.min_gift_orders
    having count(*) >= in_season.min_gift_orders
),

audience as (
    select
        scope.asked_no,
        scope.as_of,
        scope.positions,
        in_season.rule_id,
        in_season.position as rule_position
    from scope
    inner join in_season
        on
            scope.as_of = in_season.as_of
            and (in_season.gender is null or scope.gender = in_season.gender)
            and (in_season.age_from is null or scope.age_band >= in_season.age_from)
            and (in_season.age_to is null or scope.age_band <= in_season.age_to)
    left join gifts
        on scope.asked_no = gifts.asked_no and in_season.rule_id = gifts.rule_id
    where in_season.min_gift_orders is null or gifts.asked_no is not null
),

wanted as (
    select
        audience.asked_no,
        audience.as_of,
        audience.positions,
        offers.product_id,
        'season ' || audience.rule_id as reason,
        audience.rule_position,
        offers.place,
        row_number() over (
            partition by audience.asked_no, offers.product_id
            order by audience.rule_position asc nulls last
        ) as rule_place
    from audience
    inner join offers
        on
            audience.as_of = offers.as_of
            and audience.rule_id = offers.rule_id
    left join {{ ref('int_insights__product_purchases') }} as bought
        on
            audience.asked_no = bought.asked_no
            and offers.product_id = bought.product_id
            and bought.due_on > bought.as_of
    where bought.asked_no is null
),

placed as (
    select
        wanted.asked_no,
        wanted.as_of,
        wanted.positions,
        wanted.product_id,
        wanted.reason,
        row_number() over (
            partition by wanted.asked_no
            order by wanted.rule_position asc nulls last, wanted.place asc nulls last
        ) as position
    from wanted
    where wanted.rule_place = 1
),

recommended as (
    select * from placed
    where placed.position <= placed.positions
)

select * from recommended
