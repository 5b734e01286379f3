with ranks as (
    select *
    from {{ ref('int_marts__brand_ranks') }}
),

items as (
    select items.*
    from {{ ref('int_marts__customer_items') }} as items
    where items.last_on > {{ add_days(as_of(), '-' ~ setting('rank_window_days', 'integer')) }}
),

-- what else a customer is interested in, with a flag for each way of it
other_brands as (
    select
        ranks.brand_id,
        ranks.rank,
        ranks.is_potential,
        others.brand_id as interest_id,
        sum(case when others.is_interested then 1 else 0 end) as brand,
        sum(case when others.views > 0 then 1 else 0 end) as views_brand,
        sum(case when others.purchases > 0 then 1 else 0 end) as buys_brand
    from ranks
    inner join ranks as others on ranks.customer_id = others.customer_id and ranks.brand_id <> others.brand_id
    group by ranks.brand_id, ranks.rank, ranks.is_potential, others.brand_id
),

-- products are asked for of potential customers alone
items_of_ranks as (
    select
        ranks.brand_id,
        ranks.rank,
        ranks.is_potential,
        items.item_kind as interest_kind,
        items.item_id as interest_id,
        count(*) as customers
    from ranks
    inner join items on ranks.customer_id = items.customer_id
    where items.item_kind = 'content' or ranks.is_potential
    group by ranks.brand_id, ranks.rank, ranks.is_potential, items.item_kind, items.item_id
),

counts as (
    select * from items_of_ranks
    {%- for kind in ['brand', 'views_brand', 'buys_brand'] %}
    union all
    select
        other_brands.brand_id,
        other_brands.rank,
        other_brands.is_potential,
        '{{ kind }}' as interest_kind,
        other_brands.interest_id,
        other_brands.{{ kind }} as customers
    from other_brands
    where other_brands.{{ kind }} > 0
    {%- endfor %}
),

all_counts as (
    select
        items.item_kind as interest_kind,
        items.item_id as interest_id,
        count(*) as customers
    from items
    group by items.item_kind, items.item_id
    {%- for kind, held in [('brand', 'is_interested'), ('views_brand', 'views > 0'), ('buys_brand', 'purchases > 0')] %}
    union all
    select
        '{{ kind }}' as interest_kind,
        ranks.brand_id as interest_id,
        count(*) as customers
    from ranks
    where ranks.{{ held }}
    group by ranks.brand_id
    {%- endfor %}
),

all_customers as (
    select count(*) as customers from {{ ref('int_marts__customer_profiles') }}
),

brand_rank_interests as (
    select
        counts.brand_id,
        counts.rank,
        counts.is_potential,
        counts.interest_kind,
        counts.interest_id,
        counts.customers,
        cast(all_counts.customers as double) / cast(all_customers.customers as double) as share_of_all
    from counts
    inner join all_counts
        on counts.interest_kind = all_counts.interest_kind and counts.interest_id = all_counts.interest_id
    cross join all_customers
)

select * from brand_rank_interests
