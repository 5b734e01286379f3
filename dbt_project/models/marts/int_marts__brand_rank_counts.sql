{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ note_changes_held() }}", post_hook="{{ settle_counts(['gone_brand_ranks', 'gone_customer_items', 'gone_customer_profiles']) }}"
) }}
{%- set held = rank_counts_held() %}
{%- set counted = ['brand_id', 'rank', 'is_potential', 'aspect', 'value'] %}

with
{%- if held %}

moved as (
    select ranks.customer_id
    from {{ ref('int_marts__brand_ranks') }} as ranks
    where ranks.change_no > {{ held[0] }}
    union
    select gone.customer_id
    from {{ source('run', 'gone_brand_ranks') }} as gone
    union
    select items.customer_id
    from {{ ref('int_marts__customer_items') }} as items
    where
        items.change_no > {{ held[0] }}
        or ({{ in_interest_window('items.last_on', as_of()) }}) <> ({{ in_interest_window('items.last_on', held[1]) }})
    union
    select gone.customer_id
    from {{ source('run', 'gone_customer_items') }} as gone
    union
    select profiles.customer_id
    from {{ ref('int_marts__customer_profiles') }} as profiles
    where profiles.change_no > {{ held[0] }}
    union
    select gone.customer_id
    from {{ source('run', 'gone_customer_profiles') }} as gone
),
{%- endif %}

ranks as (
    {{ signed_rows(
        ref('int_marts__brand_ranks'), 'gone_brand_ranks',
        ['customer_id', 'brand_id', 'rank', 'is_potential', 'is_interested', 'views', 'purchases'], held
    ) }}
),

items as (
    {{ signed_rows(
        ref('int_marts__customer_items'), 'gone_customer_items', ['customer_id', 'item_kind', 'item_id'], held,
        now=in_interest_window('kept.last_on', as_of()), before=in_interest_window('kept.last_on', held[1] if held else as_of())
    ) }}
),

profiles as (
    {{ signed_rows(
        ref('int_marts__customer_profiles'), 'gone_customer_profiles', ['customer_id'] + profile_attributes().split(), held
    ) }}
),

profiles_of_ranks as (
    select
        ranks.brand_id,
        ranks.rank,
        ranks.is_potential,
        profiles.*
    from ranks
    inner join profiles on ranks.customer_id = profiles.customer_id and ranks.sign = profiles.sign
),

attributes_of_ranks as (
    {{ profile_counts('profiles_of_ranks', ['brand_id', 'rank', 'is_potential']) }}
),

attributes_of_all as (
    {{ profile_counts('profiles', []) }}
),

-- what else a customer is interested in, with a count for each way of it
other_brands as (
    select
        ranks.brand_id,
        ranks.rank,
        ranks.is_potential,
        others.brand_id as value,
        sum(case when others.is_interested then ranks.sign else 0 end) as brand,
        sum(case when others.views > 0 then ranks.sign else 0 end) as views_brand,
        sum(case when others.purchases > 0 then ranks.sign else 0 end) as buys_brand
    from ranks
    inner join ranks as others
        on
            ranks.customer_id = others.customer_id
            and ranks.sign = others.sign
            and ranks.brand_id <> others.brand_id
    group by ranks.brand_id, ranks.rank, ranks.is_potential, others.brand_id
),

-- products are asked for of potential customers alone
items_of_ranks as (
    select
        ranks.brand_id,
        ranks.rank,
        ranks.is_potential,
        items.item_kind as aspect,
        items.item_id as value,
        sum(ranks.sign) as customers
    from ranks
    inner join items on ranks.customer_id = items.customer_id and ranks.sign = items.sign
    where items.item_kind = 'content' or ranks.is_potential
    group by ranks.brand_id, ranks.rank, ranks.is_potential, items.item_kind, items.item_id
),

-- without brand and rank: all customers
counts as (
    select * from items_of_ranks
    union all
    select * from attributes_of_ranks
    union all
    select
        cast(null as varchar) as brand_id,
        cast(null as varchar) as rank,
        cast(null as boolean) as is_potential,
        attributes_of_all.attribute as aspect,
        attributes_of_all.value,
        attributes_of_all.customers
    from attributes_of_all
    union all
    select
        cast(null as varchar) as brand_id,
        cast(null as varchar) as rank,
        cast(null as boolean) as is_potential,
        items.item_kind as aspect,
        items.item_id as value,
        sum(items.sign) as customers
    from items
    group by items.item_kind, items.item_id
    {%- for kind, condition in [('brand', 'is_interested'), ('views_brand', 'views > 0'), ('buys_brand', 'purchases > 0')] %}
    union all
    select
        other_brands.brand_id,
        other_brands.rank,
        other_brands.is_potential,
        '{{ kind }}' as aspect,
        other_brands.value,
        other_brands.{{ kind }} as customers
    from other_brands
    union all
    select
        cast(null as varchar) as brand_id,
        cast(null as varchar) as rank,
        cast(null as boolean) as is_potential,
        '{{ kind }}' as aspect,
        ranks.brand_id as value,
        sum(ranks.sign) as customers
    from ranks
    where ranks.{{ condition }}
    group by ranks.brand_id
    {%- endfor %}
    {%- if held %}
    union all
    select
        stored.{{ counted | join(', stored.') }},
        stored.customers
    from {{ this }} as stored
    {%- endif %}
),

rank_counts as (
    select
        counts.{{ counted | join(', counts.') }},
        cast(sum(counts.customers) as bigint) as customers,
        '{{ invocation_id }}' as _batch
    from counts
    group by counts.{{ counted | join(', counts.') }}
    having sum(counts.customers) <> 0
)

select * from rank_counts
