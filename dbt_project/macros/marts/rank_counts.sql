{# Who customers of a rank are, and what else they are interested in, is counted from run to run: `int_marts__brand_rank_counts` adds to the counts of its
   last run what has come since, and takes off what has gone: of customers whose ranks, items or profile have been made anew, of which the former
   rows wait in `run.gone_brand_ranks`, `run.gone_customer_items` and `run.gone_customer_profiles`, and of those of whom an item has entered or left the
   window. Numbers of customers are whole, so nothing is lost in adding up. #}

{# Pre-hook of the items: those of customers who have changed go, and wait to be taken off the counts. #}
{% macro forget_changed_items() -%}
    {%- set of_changed = of_changed_customers('customer_id') %}
    {%- if of_changed != 'true' %}
    insert into {{ source('run', 'gone_customer_items') }}
    select customer_id, item_kind, item_id, last_on, change_no from {{ this }} where {{ of_changed }};
    {%- endif %}
    {{ forget_changed_customers() }}
{%- endmacro %}

{# Pre-hook of the ranks: the same of those who are ranked anew. #}
{% macro forget_changed_brand_ranks() -%}
    {%- set gone -%}
    insert into {{ source('run', 'gone_brand_ranks') }}
    select customer_id, brand_id, rank, is_potential, is_interested, views, purchases, change_no
    from {{ this }}
    where customer_id in (select ranks_to_make.customer_id from ranks_to_make)
    {%- endset -%}
    {{ forget_changed_ranks(ref('int_marts__brand_days'), 0, gone) }}
{%- endmacro %}

{# What the counts by rank hold, as `counts_held` tells it. #}
{% macro rank_counts_held() -%}
    {%- if not execute -%}
    {%- do ref('int_core__changed_customers') -%}{%- do source('run', 'changes_held') -%}
    {%- do source('run', 'gone_brand_ranks') -%}{%- do source('run', 'gone_customer_items') -%}{%- do source('run', 'gone_customer_profiles') -%}
    {%- endif -%}
    {{ return(counts_held([ref('int_marts__brand_ranks'), ref('int_marts__customer_items'), ref('int_marts__customer_profiles')])) }}
{%- endmacro %}

{# A condition: an item last met on a day is in the window that ends with `day`. #}
{% macro in_interest_window(column, day) -%}
    {{ column }} > {{ add_days(day, '-' ~ setting('rank_window_days', 'integer')) }}
{%- endmacro %}

{# Rows of a table that has been made anew by customer, with a sign: 1 for what there is now, -1 for what there was when the counts were made last
   (`held`, as above; none: all rows, as they are now). `gone` names the table of schema run where former rows wait; `now` and `before` are conditions on
   rows. #}
{% macro signed_rows(relation, gone, columns, held, now='true', before='true') -%}
    select
        kept.{{ columns | join(', kept.') }},
        {{ 'signs.sign' if held else '1 as sign' }}
    from {{ relation }} as kept
    {%- if held %}
    inner join (select 1 as sign union all select -1 as sign) as signs
        on (signs.sign = 1 and {{ now }}) or (signs.sign = -1 and kept.change_no <= {{ held[0] }} and {{ before }})
    where kept.customer_id in (select moved.customer_id from moved)
    union all
    select
        kept.{{ columns | join(', kept.') }},
        -1 as sign
    from {{ source('run', gone) }} as kept
    where
        {{ before }}
        and kept.change_no <= {{ held[0] }}
    {%- else %}
    where {{ now }}
    {%- endif %}
{%- endmacro %}

{# Counts of some aspects, each with the share of its value among all customers. `aspect` and `value`: what the columns are called. #}
{% macro rank_counts_beside_all(aspects, aspect, value) -%}
    select
        counts.brand_id,
        counts.rank,
        counts.is_potential,
        counts.aspect as {{ aspect }},
        counts.value as {{ value }},
        counts.customers,
        cast(all_counts.customers as double) / cast(all_customers.customers as double) as share_of_all
    from {{ ref('int_marts__brand_rank_counts') }} as counts
    inner join {{ ref('int_marts__brand_rank_counts') }} as all_counts
        on counts.aspect = all_counts.aspect and counts.value = all_counts.value
    cross join (select count(*) as customers from {{ ref('int_marts__customer_profiles') }}) as all_customers
    where
        counts.aspect in ('{{ aspects | join("', '") }}')
        and counts.brand_id is not null
        and all_counts.brand_id is null
{%- endmacro %}
