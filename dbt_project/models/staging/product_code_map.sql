{{ config(materialized='table') }}

with

codes as (
    select * from {{ ref('stg_product_codes') }}
),

products as (
    select * from {{ ref('stg_products') }}
),

surface_names as (
    {{ rows([
        {'name': 'shop', 'surface': 'shop'}, {'name': 'ec', 'surface': 'shop'},
        {'name': 'till', 'surface': 'till'}, {'name': 'store', 'surface': 'till'}, {'name': 'pos', 'surface': 'till'},
        {'name': 'media', 'surface': 'media'}, {'name': 'web', 'surface': 'media'},
    ]) }}
),

surfaces as (
    select distinct surface_names.surface from surface_names
),

own_codes as (
    select
        surface_names.surface,
        codes.code,
        codes.product_id,
        row_number() over (
            partition by surface_names.surface, codes.code
            order by codes._landing_no desc nulls last, codes.product_id asc nulls last
        ) as choice
    from codes
    inner join surface_names on surface_names.name = lower(codes.surface)
),

unambiguous_codes as (
    select
        codes.code,
        min(codes.product_id) as product_id
    from codes
    left join products on products.product_id = codes.code
    where products.product_id is null
    group by codes.code
    having min(codes.product_id) = max(codes.product_id)
),

mapped as (
    select
        surfaces.surface,
        unambiguous_codes.code,
        unambiguous_codes.product_id
    from surfaces
    cross join unambiguous_codes
    left join own_codes
        on own_codes.surface = surfaces.surface
        and own_codes.code = unambiguous_codes.code
    where own_codes.code is null
    union all
    select
        own_codes.surface,
        own_codes.code,
        own_codes.product_id
    from own_codes
    where own_codes.choice = 1
)

select * from mapped
