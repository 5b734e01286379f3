{# Days after which the points of an act count half, 0 where they never fade: setting score_half_life_days, empty or 0 by default. #}
{% macro score_half_life() -%}
    coalesce((
        select cast(nullif(settings.value, '') as double)
        from {{ source('run', 'settings') }} as settings
        where settings.name = 'score_half_life_days'
    ), 0)
{%- endmacro %}

{# What a point of `occurred_on` counts at `as_of`: 0.5^(days / half-life). A decimal, so that sums do not depend on the order of their rows. #}
{% macro score_weight(occurred_on, as_of) -%}
    cast(case
        when {{ score_half_life() }} > 0 then power(0.5, {{ days_between(occurred_on, as_of) }} / {{ score_half_life() }})
        else 1
    end as decimal(18, 9))
{%- endmacro %}

{# Whether every score is another tomorrow, so that no row of a customer may be kept. #}
{% macro scores_fade() -%}
    {{ return(run_query('select ' ~ score_half_life() ~ ' > 0').rows[0][0]) }}
{%- endmacro %}

{# Pre-hook of what sums points per customer. #}
{% macro forget_changed_scores() -%}
    {%- if is_incremental() and scores_fade() %}
    delete from {{ this }};
    {%- endif %}
    {{ forget_changed_customers() }}
{%- endmacro %}

{# A condition: the customer's points have to be summed in this run. #}
{% macro of_changed_scores(column) -%}
    {%- set changed = of_changed_customers(column) -%}
    {{ return('true' if is_incremental() and scores_fade() else changed) }}
{%- endmacro %}

{# What brings points is counted from run to run: the hooks of `int_marts__score_sums` write into `run.score_parts_due` what a run has taken away and put in,
   in the transaction that does so, and `int_marts__score_parts` adds that to what it has counted before. Points are decimals, so nothing is
   lost in adding up. A row without a dimension there says that all sums are to be counted. #}

{# By what points are told apart. #}
{% macro score_dimensions() -%}
    action rule_id score_category information_kind content_id
{%- endmacro %}

{# Acts, customers and points of `sums` by each value of each dimension. #}
{% macro score_parts_of(sums) -%}
    {%- for dimension in score_dimensions().split() -%}
    select
        '{{ dimension }}' as dimension,
        {{ 'rules' if dimension == 'action' else 'sums' }}.{{ dimension }} as value,
        cast(sum(sums.acts) as bigint) as acts,
        cast(count(distinct sums.customer_id) as bigint) as customers,
        {% for category in ['product', 'lifestyle', 'lifestance'] -%}
        cast(sum(sums.{{ category }}) as decimal(38, 9)) as {{ category }}{{ ',' if not loop.last }}
        {% endfor -%}
    from {{ sums }} as sums
    {% if dimension == 'action' -%}
    inner join {{ ref('score_rules') }} as rules on sums.rule_id = rules.rule_id
    group by rules.action
    {% else -%}
    where sums.{{ dimension }} is not null
    group by sums.{{ dimension }}
    {% endif -%}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{# Pre-hook of the sums: those of customers who have changed go, and come off the parts. #}
{% macro forget_changed_score_sums() -%}
    {%- set of_changed = of_changed_scores('sums.customer_id') %}
    {%- if of_changed == 'true' %}
    insert into {{ source('run', 'score_parts_due') }} (dimension) values (null);
    {%- else %}
    {{ note_score_parts('-', of_changed) }};
    {%- endif %}
    {{ forget_changed_scores() }}
{%- endmacro %}

{# Post-hook of the sums: those that were made come onto the parts. #}
{% macro count_new_score_sums() -%}
    {%- if is_incremental() %}
    {{ note_score_parts('', "sums._batch = '" ~ invocation_id ~ "'") }}
    {%- endif %}
{%- endmacro %}

{% macro note_score_parts(sign, condition) -%}
    insert into {{ source('run', 'score_parts_due') }} (dimension, value, acts, customers, product, lifestyle, lifestance)
    with
    sums as (
        select sums.*
        from {{ this }} as sums
        where {{ condition }}
    ),
    parts as (
        {{ score_parts_of('sums') }}
    )
    select
        parts.dimension,
        parts.value,
        {% for number in ['acts', 'customers', 'product', 'lifestyle', 'lifestance'] -%}
        {{ sign }}parts.{{ number }}{{ ',' if not loop.last }}
        {% endfor %}
    from parts
{%- endmacro %}
