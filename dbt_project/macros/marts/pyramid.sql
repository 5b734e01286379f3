{# The six steps of each brand (or group of brands, by `key`): customers of each rank, and their moves from `before` to `now`, two
   tables of customer_id, the key, rank and rank_position. #}
{% macro pyramid(now, before, key) -%}
    select
        held.{{ key }},
        steps.rank,
        cast(coalesce(counted.customers, 0) as bigint) as customers,
        cast(coalesce(counted.customers, 0) as double)
        / nullif(cast(sum(counted.customers) over (partition by held.{{ key }}) as double), 0) as share,
        cast(coalesce(counted.moved_up, 0) as bigint) as moved_up,
        cast(coalesce(counted.moved_down, 0) as bigint) as moved_down,
        cast(coalesce(counted.entered, 0) as bigint) as entered,
        cast(coalesce(counted.dropped_out, 0) as bigint) as dropped_out
    from (
        select {{ key }} from {{ now }}
        union
        select {{ key }} from {{ before }}
    ) as held
    cross join (select distinct rules.rank from {{ ref('rank_rules') }} as rules) as steps
    left join (
        select
            moves.{{ key }},
            moves.rank,
            sum(case when moves.is_held then 1 else 0 end) as customers,
            sum(case when moves.place_now < moves.place_before then 1 else 0 end) as moved_up,
            sum(case when moves.place_now > moves.place_before then 1 else 0 end) as moved_down,
            sum(case when moves.place_before is null then 1 else 0 end) as entered,
            sum(case when moves.is_held then 0 else 1 end) as dropped_out
        from (
            select
                coalesce({{ now }}.{{ key }}, {{ before }}.{{ key }}) as {{ key }},
                coalesce({{ now }}.rank, {{ before }}.rank) as rank,
                {{ now }}.rank is not null as is_held,
                {{ now }}.rank_position as place_now,
                {{ before }}.rank_position as place_before
            from {{ now }}
            full outer join {{ before }}
                on {{ now }}.customer_id = {{ before }}.customer_id and {{ now }}.{{ key }} = {{ before }}.{{ key }}
        ) as moves
        group by moves.{{ key }}, moves.rank
    ) as counted
        on held.{{ key }} = counted.{{ key }} and steps.rank = counted.rank
{%- endmacro %}
