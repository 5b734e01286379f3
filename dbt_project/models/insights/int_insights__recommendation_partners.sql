with

-- Both directions of what baskets hold together more often than by chance, the likeliest first over all products.
sides as (
    {% for side, other in [('left', 'right'), ('right', 'left')] -%}
    select
        pairs.as_of,
        pairs.{{ side }}_id as bought_id,
        pairs.{{ other }}_id as product_id,
        pairs.confidence_{{ side }}_to_{{ other }} as confidence,
        pairs.lift
    from {{ ref('int_marts__basket_pairs') }} as pairs
    where pairs.level = 'product' and pairs.basis = 'basket' and pairs.lift > 1
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

partners as (
    select
        sides.*,
        row_number() over (
            partition by sides.as_of
            order by
                sides.confidence desc nulls last,
                sides.lift desc nulls last,
                sides.product_id asc nulls last,
                sides.bought_id asc nulls last
        ) as place,
        row_number() over (
            partition by sides.as_of, sides.bought_id
            order by sides.confidence desc nulls last, sides.lift desc nulls last, sides.product_id asc nulls last
        ) as partner_place
    from sides
    inner join {{ ref('int_insights__recommendation_products') }} as products
        on sides.as_of = products.as_of and sides.product_id = products.product_id
)

select * from partners
where partner_place <= {{ setting('recommendation_candidates', 'integer') }}
