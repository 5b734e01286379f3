{# Spells of ranks are counted from run to run: the hooks of `int_marts__brand_rank_spells` write into `run.spell_counts_due` how many spells of each kind
   a run has taken away and put in, in the transaction that does so, and `int_marts__brand_spell_counts` adds that to what it has counted before.
   A row without a brand there says that all spells are to be counted. #}

{# What spells are counted by. #}
{% macro spell_kinds() -%}
    brand_id rank rank_position rank_position_before from_on until_on is_followed
{%- endmacro %}

{# Pre-hook of the spells: those of customers who have changed go, and come off the counts. #}
{% macro forget_changed_spells() -%}
    {%- set of_changed = of_changed_customers('customer_id') %}
    {%- if of_changed == 'true' %}
    insert into {{ source('run', 'spell_counts_due') }} (brand_id) values (null);
    {%- else %}
    {{ note_spells('-', of_changed) }};
    {%- endif %}
    {{ forget_changed_customers() }}
{%- endmacro %}

{# Post-hook of the spells: those that were made come onto the counts. #}
{% macro count_new_spells() -%}
    {%- if is_incremental() %}
    {{ note_spells('', "_batch = '" ~ invocation_id ~ "'") }}
    {%- endif %}
{%- endmacro %}

{% macro note_spells(sign, condition) -%}
    {%- set kinds = spell_kinds().split() | join(', ') -%}
    insert into {{ source('run', 'spell_counts_due') }} ({{ kinds }}, spells)
    select {{ kinds }}, {{ sign }}count(*)
    from {{ this }}
    where {{ condition }}
    group by {{ kinds }}
{%- endmacro %}
