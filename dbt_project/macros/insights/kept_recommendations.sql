{# Recommendations of most kinds are kept by customer (`int_insights__kept_recommendations`). Those of a customer are made again where an act, an
   order or what is known of him has changed, where a purchase or a view has entered or left a time that is asked about, or where products
   that concern him have moved: what these are stands in `int_insights__recommendation_inputs`, and in `run.inputs_held` as it was when the
   table was written, in its own transaction. #}

{# The number of the newest changes that the kept recommendations hold; none where all have to be made. `this` is the model of who is asked for. #}
{% macro recommendations_hold() -%}
    {%- do ref('int_core__changed_customers') -%}
    {%- do source('run', 'changes_held') -%}
    {%- if not execute -%} {{ return(none) }} {%- endif -%}
    {%- set kept = adapter.get_relation(database=this.database, schema=this.schema, identifier='int_insights__kept_recommendations') -%}
    {{ return(changes_held(kept) if kept is not none else none) }}
{%- endmacro %}

{# Customers whose recommendations are to be made again, given the number of the changes that are held. Days are written out, so that of acts no block
   is read that holds none of them. #}
{% macro customers_to_ask(held) -%}
    {#- Also where it is only parsed: so dbt knows what it reads. -#}
    {%- set query -%}
        select max(cast(log.as_of_end_at as date)), {{ as_of() }}
        from {{ ref('int_core__changed_customers') }} as log
        where log.change_no = {{ held }}
    {%- endset -%}
    {%- set days = run_query(query).rows[0] if execute else [none, none] -%}
    {%- set held_on, today = "cast('" ~ days[0] ~ "' as date)", "cast('" ~ days[1] ~ "' as date)" -%}
    {%- set positions = setting('recommendations_per_kind', 'integer') -%}
    {%- set bought_days = setting('recommendation_bought_days', 'integer') -%}
    {%- set viewed_days = setting('recommendation_viewed_days', 'integer') -%}
    {%- set replenishment_days = 'coalesce(products.replenishment_days, ' ~ setting('recommendation_replenishment_days', 'integer') ~ ')' -%}
    {%- set due_on = add_days('kept.last_on', replenishment_days) -%}
    with
    moved as (
        select
            differing.concern,
            differing.subject,
            min(differing.place) as place
        from (
            (select * from {{ ref('int_insights__recommendation_inputs') }} except select * from {{ source('run', 'inputs_held') }})
            union all
            (select * from {{ source('run', 'inputs_held') }} except select * from {{ ref('int_insights__recommendation_inputs') }})
        ) as differing
        group by differing.concern, differing.subject
    ),

    bought as (
        select
            kept.customer_id,
            kept.product_id,
            products.brand_id,
            products.category,
            kept.last_on,
            {{ due_on }} as due_on,
            {{ add_days('kept.last_on', replenishment_days ~ ' * ' ~ setting('recommendation_repeat_cycles', 'integer')) }} as repeats_until
        from {{ ref('int_insights__customer_products') }} as kept
        left join {{ ref('stg_products') }} as products on kept.product_id = products.product_id
    )

    -- He has changed, or what is known of him.
    select changed.customer_id
    from {{ ref('int_core__changed_customers') }} as changed
    where changed.change_no > {{ held }}
    union
    select customers.customer_id
    from {{ ref('int_insights__customer_rows') }} as customers
    where customers.change_no > {{ held }}
    -- What he bought does not last any more, is not to be repeated any more, or was bought lately no more.
    union
    select bought.customer_id
    from bought
    where (bought.due_on > {{ held_on }} and bought.due_on <= {{ today }})
        or (bought.repeats_until >= {{ held_on }} and bought.repeats_until < {{ today }})
        {%- for days in [bought_days, viewed_days] %}
        or (bought.last_on > {{ add_days(held_on, '-' ~ days) }} and bought.last_on <= {{ add_days(today, '-' ~ days) }})
        {%- endfor %}
    -- He looked at it no longer lately, or at something that is another product now.
    union
    select views.customer_id
    from {{ ref('touchpoints') }} as views
    where {{ is_product_view('views') }}
        and views.customer_id is not null
        and views.occurred_on > {{ add_days(held_on, '-' ~ viewed_days) }}
        and views.occurred_on <= {{ add_days(today, '-' ~ viewed_days) }}
    union
    select views.customer_id
    from {{ ref('touchpoints') }} as views
    inner join moved on moved.concern = 'product' and views.product_id = moved.subject
    where {{ is_product_view('views') }}
        and views.customer_id is not null
        and views.occurred_on > {{ add_days(today, '-' ~ viewed_days) }}
        and views.occurred_on <= {{ today }}
    -- A gift counts no longer.
    union
    select orders.customer_id
    from {{ ref('orders') }} as orders
    inner join {{ ref('seasonal_rules') }} as rules
        on orders.ordered_on > {{ add_days(held_on, '-rules.gift_days') }}
        and orders.ordered_on <= {{ add_days(today, '-rules.gift_days') }}
    where orders.is_gift and orders.customer_id is not null
    -- Products have moved: of what he bought, of the brands that he bought lately, of his favourite category, of a season.
    union
    select bought.customer_id
    from bought
    inner join moved
        on (moved.concern = 'product' and bought.product_id = moved.subject)
        or (
            moved.concern = 'brand' and bought.brand_id = moved.subject
            and bought.last_on > {{ add_days(today, '-' ~ bought_days) }}
        )
    union
    select favourites.customer_id
    from {{ ref('int_insights__favourites') }} as favourites
    inner join moved on moved.concern = 'category' and favourites.favourite_category = moved.subject
    where moved.place <= {{ positions }}
    union
    select favourites.customer_id
    from {{ ref('int_insights__favourites') }} as favourites
    inner join moved on moved.concern = 'category' and favourites.favourite_category = moved.subject and moved.place > {{ positions }}
    inner join bought on favourites.customer_id = bought.customer_id and favourites.favourite_category = bought.category
    where bought.due_on > {{ today }}
    group by favourites.customer_id, moved.place
    having count(*) >= moved.place - {{ positions }}
    union
    select customers.customer_id
    from {{ ref('int_insights__customer_rows') }} as customers
    where exists (
        select 1
        from moved
        inner join {{ ref('seasonal_rules') }} as rules on moved.subject = rules.rule_id
        where moved.concern = 'season'
            and (rules.min_gift_orders is null or customers.gift_orders > 0)
    )
{%- endmacro %}

{# Pre-hook of the kept recommendations: forgets those of who is asked for and of who is a customer no more, and notes what they follow from. #}
{% macro forget_asked() -%}
    {%- set customers = ref('int_insights__customer_rows') -%}
    {%- if is_incremental() %}
    delete from {{ this }}
    where customer_id in (
        select scope.customer_id from {{ ref('int_insights__recommendation_scope') }} as scope
        where scope.as_of = {{ as_of() }} and scope.is_only_for_pairs is not true
    )
    or customer_id not in (select customers.customer_id from {{ customers }} as customers);
    {%- endif %}
    delete from {{ source('run', 'inputs_held') }};
    insert into {{ source('run', 'inputs_held') }} select * from {{ ref('int_insights__recommendation_inputs') }};
    {{ note_changes_held() }}
{%- endmacro %}
