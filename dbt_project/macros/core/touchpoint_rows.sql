{# `int_core__touchpoints` keeps its rows from run to run. What it shows of a row may change without the row: its customer, when
   identities merge or part; its brand, content or campaign, when a master does. What is stored is held against what would be
   stored now, once for each party and for each set of masters and not for each row, so that nothing has to be remembered. #}

{# What masters tell of an act: (column, expression over `acts` and the masters that `join_masters` joins to it). #}
{% macro columns_of_masters() -%}
    {{ return([
        ('brand_id', 'coalesce(products.brand_id, contents.brand_id, acts.act_brand_id, stores.brand_id)'),
        ('campaign_id', "case when acts.source = 'web_events' then coalesce(campaigns.campaign_id, contents.campaign_id)"
            ~ " else coalesce(acts.act_campaign_id, contents.campaign_id) end"),
        ('information_kind', 'contents.information_kind'),
        ('score_category', 'contents.score_category'),
    ]) }}
{%- endmacro %}

{% macro join_masters() -%}
    left join {{ ref('stg_products') }} as products on acts.product_id = products.product_id
    left join {{ ref('int_core__contents') }} as contents on acts.content_id = contents.content_id
    left join {{ ref('stg_stores') }} as stores on acts.store_id = stores.store_id
    left join {{ ref('stg_campaigns') }} as campaigns on acts.act_campaign_id = campaigns.campaign_id
{%- endmacro %}

{# The state of a row that no file stands for: a hash of all that it tells. #}
{% macro content_state(columns) -%}
    md5(concat_ws('|', {% for column in columns %}coalesce(cast({{ column }} as varchar), '~'){{ ', ' if not loop.last }}{% endfor %}))
{%- endmacro %}

{# Pre-hook: forgets the rows of files that are gone or were loaded anew, and other rows that are gone or have changed. #}
{% macro forget_changed_acts() -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where case
                when _file_id is null
                    then _state not in (select acts._state from {{ ref('int_core__acts') }} as acts where acts._file_id is null)
                else _state not in (select acts._state from {{ ref('int_core__acts') }} as acts where acts._file_id is not null)
            end
    {%- endif -%}
{%- endmacro %}

{# The files of which the table does not hold this state, as a condition on `acts`. They are written out, so that blocks of others are
   not read; so this is asked before the pre-hook has forgotten their earlier state. #}
{% macro files_to_add() -%}
    {%- if not is_incremental() -%} {{ return('true') }} {%- endif -%}
    {%- set query -%}
        select distinct acts._file_id from {{ ref('int_core__acts') }} as acts
        where acts._file_id is not null
            and acts._state not in (select held._state from {{ this }} as held where held._file_id is not null)
        order by acts._file_id
    {%- endset -%}
    {%- set files = run_query(query).columns[0].values() | list if execute else [] -%}
    {{ return("acts._file_id in ('" ~ (files | join("', '")) ~ "')" if files else 'false') }}
{%- endmacro %}

{# Post-hook: the rows of parties whose customer is another by now. #}
{% macro settle_customers() -%}
    update {{ this }} as held
    set customer_id = fresh.customer_id, _batch = '{{ invocation_id }}'
    from (
        select distinct
            stored.party_key,
            party_customers.customer_id
        from (select distinct party_key, customer_id from {{ this }}) as stored
        inner join {{ ref('party_customers') }} as party_customers on stored.party_key = party_customers.party_key
        where party_customers.shared_party_key is null
            and stored.customer_id is distinct from party_customers.customer_id
    ) as fresh
    where held.party_key = fresh.party_key
        and held.customer_id is distinct from fresh.customer_id
{%- endmacro %}

{# Post-hook: the same for parties on shared devices, whose customer depends on the time of the act. #}
{% macro settle_shared_devices() -%}
    update {{ this }} as held
    set customer_id = fresh.customer_id, _batch = '{{ invocation_id }}'
    from (
        select
            stored.party_key,
            stored.occurred_at,
            shared_device_events.customer_id
        from (
            select distinct party_key, occurred_at
            from {{ this }}
            where party_key in (select shared_party_key from {{ ref('party_customers') }} where shared_party_key is not null)
        ) as stored
        left join {{ ref('int_core__shared_device_events') }} as shared_device_events
            on stored.party_key = shared_device_events.party_key
            and stored.occurred_at = shared_device_events.occurred_at
    ) as fresh
    where held.party_key = fresh.party_key
        and held.occurred_at = fresh.occurred_at
        and held.customer_id is distinct from fresh.customer_id
{%- endmacro %}

{# Post-hook: the rows of which masters tell something else by now. #}
{% macro settle_masters() -%}
    {%- set given = ['source', 'product_id', 'content_id', 'store_id', 'act_brand_id', 'act_campaign_id'] -%}
    update {{ this }} as held
    set {% for column, value in columns_of_masters() %}{{ column }} = fresh.{{ column }}, {% endfor %}_batch = '{{ invocation_id }}'
    from (
        select
            {% for column in given -%}
            acts.{{ column }},
            {% endfor -%}
            {% for column, value in columns_of_masters() -%}
            acts.{{ column }} as stored_{{ column }},
            {{ value }} as {{ column }}{{ ',' if not loop.last }}
            {% endfor %}
        from (
            select distinct {{ given | join(', ') }}, {% for column, value in columns_of_masters() %}{{ column }}{{ ', ' if not loop.last }}{% endfor %}
            from {{ this }}
        ) as acts
        {{ join_masters() }}
    ) as fresh
    where ({% for column, value in columns_of_masters() %}{{ 'or ' if not loop.first }}fresh.stored_{{ column }} is distinct from fresh.{{ column }} {% endfor %})
        {% for column in given -%}
        and held.{{ column }} is not distinct from fresh.{{ column }}
        {% endfor -%}
        {% for column, value in columns_of_masters() -%}
        and held.{{ column }} is not distinct from fresh.stored_{{ column }}
        {% endfor %}
{%- endmacro %}
