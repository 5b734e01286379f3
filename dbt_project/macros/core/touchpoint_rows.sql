{# `int_core__touchpoints` keeps its rows from run to run. What it shows of a row may change without the row: its customer, when
   identities merge or part; its brand, content or campaign, when a master does. What is stored is held against what would be
   stored now: once for each party, and for the rows of masters that tell something else by now. #}

{# What masters tell of an act: (column, expression over `acts` and the masters that `join_masters` joins to it). #}
{% macro columns_of_masters() -%}
    {{ return([
        ('brand_id', 'coalesce(products.brand_id, contents.brand_id, acts.act_brand_id, stores.brand_id)'),
        ('category', 'products.category'),
        ('campaign_id', "case when acts.source = 'web_events' then coalesce(campaigns.campaign_id, contents.campaign_id)"
            ~ " else coalesce(acts.act_campaign_id, contents.campaign_id) end"),
        ('information_kind', 'contents.information_kind'),
        ('score_category', 'contents.score_category'),
    ]) }}
{%- endmacro %}

{% macro join_masters() -%}
    {% for kind, model, key, column, _ in masters_of_acts() -%}
    left join {{ model }} as {{ kind }}s on acts.{{ column }} = {{ kind }}s.{{ key }}
    {% endfor %}
{%- endmacro %}

{# The state of a row that no file stands for: a hash of all that it tells. #}
{% macro content_state(columns) -%}
    md5(concat_ws('|', {% for column in columns %}coalesce(cast({{ column }} as varchar), '~'){{ ', ' if not loop.last }}{% endfor %}))
{%- endmacro %}

{# Pre-hook: forgets the rows of files that are gone or were loaded anew, of acts that an erasure has corrected, of touched orders, and other rows
   that are gone or have changed. A file has few states, so they are compared before rows are. Rows are found by number alone: to read whose each
   is costs more than all else that is asked of it. #}
{% macro forget_changed_acts() -%}
    {%- if is_incremental() -%}
        create or replace temp table gone_acts as
        select held.rowid as row_id
        from {{ this }} as held
        where held._file_id is not null
            and held._state in (
                select taken.state
                from {{ files_held_by('touchpoints') }} as taken
                where taken.state not in (select facts.state from {{ files_held_by('facts') }} as facts)
            )
        union all
        select held.rowid as row_id
        from {{ this }} as held
        where held._file_id is not null and {{ of_corrected_acts('held') }}
        union all
        select held.rowid as row_id
        from {{ this }} as held
        where {{ is_of_order('held') }} and {{ of_touched_orders('held.order_id') }}
        union all
        select held.rowid as row_id
        from {{ this }} as held
        where {{ is_newest_version('held') }}
            and held._state not in (select acts._state from {{ ref('int_core__acts') }} as acts where {{ is_newest_version('acts') }});
        insert into {{ source('run', 'touched_customers') }}
        select distinct held.customer_id
        from {{ this }} as held
        where held.rowid in (select gone_acts.row_id from gone_acts) and held.customer_id is not null;
        delete from {{ this }} where rowid in (select gone_acts.row_id from gone_acts);
        drop table gone_acts
    {%- endif -%}
{%- endmacro %}

{# Conditions: the act is one of those that no file stands for, which follow from orders, or each from the newest version of its row. By source, since
   a block of rows tells whether it holds any of one. #}
{% macro is_of_order(acts) -%}
    {{ acts }}.source in ('ec_orders', 'ec_order_items', 'pos_receipts', 'pos_receipt_items')
{%- endmacro %}

{% macro is_newest_version(acts) -%}
    {{ acts }}._state <> 'order' and {{ acts }}.source in ('reviews', 'store_visits')
{%- endmacro %}

{# A condition: an erasure has corrected rows of the act since touchpoints were last written (dagster_project/privacy/warehouse_rows.py). #}
{% macro of_corrected_acts(acts) -%}
    {%- set corrected = source('run', 'corrected_acts') -%}
    exists (
            select 1 from {{ corrected }} as corrected
            where corrected.source = {{ acts }}.source and corrected.source_key = {{ acts }}.source_key
        )
{%- endmacro %}

{# Post-hook: the corrected acts are taken up. Facts were before, so a run that dies earlier makes both again. #}
{% macro settle_corrected_acts() -%}
    delete from {{ source('run', 'corrected_acts') }}
{%- endmacro %}

{# The files of which the table does not hold this state, as a condition on `acts`. They are written out, so that blocks of others are
   not read; so this is asked before the pre-hook has forgotten their earlier state. #}
{% macro files_to_add() -%}
    {%- if not is_incremental() -%} {{ return('true') }} {%- endif -%}
    {%- set query -%}
        select facts.file_id
        from {{ files_held_by('facts') }} as facts
        where facts.state not in (select taken.state from {{ files_held_by('touchpoints') }} as taken)
        order by facts.file_id
    {%- endset -%}
    {%- set files = run_query(query).columns[0].values() | list if execute else [] -%}
    {{ return("acts._file_id in ('" ~ (files | join("', '")) ~ "')" if files else 'false') }}
{%- endmacro %}

{# A condition: the act is not older than all touched orders. Written out, so that older orders and their lines are not joined. #}
{% macro since_touched_orders(acts) -%}
    {%- if not execute -%}{%- do ref('int_core__orders') -%}{%- endif -%}
    {%- if not execute or not is_incremental() -%} {{ return('true') }} {%- endif -%}
    {%- set query -%}
        select min(orders.ordered_at) from {{ ref('int_core__orders') }} as orders where {{ of_touched_orders('orders.order_id') }}
    {%- endset -%}
    {%- set since = run_query(query).columns[0].values()[0] -%}
    {{ return(acts ~ ".occurred_at >= timestamp '" ~ since ~ "'" if since else 'true') }}
{%- endmacro %}

{# The acts that the table has to take in, as conditions on `acts` of which a row meets one at most: of new files, corrected by an erasure, of
   sources that no file stands for, of touched orders. #}
{% macro acts_to_add() -%}
    {%- set in_new_files, since = files_to_add(), since_touched_orders('acts') -%}
    {%- if not is_incremental() -%} {{ return([in_new_files]) }} {%- endif -%}
    {{ return([
        in_new_files,
        'acts._file_id is not null and not (' ~ in_new_files ~ ') and ' ~ of_corrected_acts('acts'),
        is_newest_version('acts') ~ ' and acts._state not in (select held._state from ' ~ this ~ ' as held where ' ~ is_newest_version('held') ~ ')',
        is_of_order('acts') ~ ' and ' ~ since ~ ' and ' ~ of_touched_orders('acts.order_id'),
    ]) }}
{%- endmacro %}

{# Post-hook: the rows whose customer is another by now, because their party is another's, or shares a device, of which the time of an act decides:
   `int_core__shared_device_events` notes the parties of which that has become another. Both
   customers have changed; the new one is seen by the batch. Rows are taken out and put in: a few updates in each block would have
   whole columns written anew. #}
{% macro settle_customers() -%}
    {%- if is_incremental() %}
    create or replace temp table moved_acts as
    select
        stored.row_id,
        stored.customer_id as stored_customer_id,
        {{ customer_of_act() }} as customer_id
    from (select rowid as row_id, party_key, occurred_at, customer_id from {{ this }}) as stored
    inner join (
        select party_key, customer_id, shared_party_key from {{ ref('party_customers') }}
        where {{ of_changed_parties('party_key') }}
    ) as party_customers on stored.party_key = party_customers.party_key
    {{ join_shared_devices('stored') }}
    where stored.customer_id is distinct from {{ customer_of_act() }};
    {{ touch_stored_customers('moved_acts') }};
    create or replace temp table moved_rows as
    select held.* replace (moved.customer_id as customer_id, '{{ invocation_id }}' as _batch)
    from {{ this }} as held
    inner join moved_acts as moved on held.rowid = moved.row_id;
    delete from {{ this }} where rowid in (select moved.row_id from moved_acts as moved);
    insert into {{ this }} select * from moved_rows;
    drop table moved_acts;
    drop table moved_rows
    {%- endif %}
{%- endmacro %}

{# Whose an act is: its party's, or on a shared device what its time says. #}
{% macro customer_of_act() -%} coalesce(party_customers.customer_id, shared_device_events.customer_id) {%- endmacro %}

{% macro join_shared_devices(acts) -%}
    left join {{ ref('int_core__shared_device_events') }} as shared_device_events
        on party_customers.shared_party_key = shared_device_events.party_key
        and {{ acts }}.occurred_at = shared_device_events.occurred_at
{%- endmacro %}

{# The masters that `join_masters` joins: (kind, model, its key, the column of acts that names it, columns that it tells). #}
{% macro masters_of_acts() -%}
    {{ return([
        ('product', ref('stg_products'), 'product_id', 'product_id', ['brand_id', 'category']),
        ('content', ref('int_core__contents'), 'content_id', 'content_id', ['brand_id', 'campaign_id', 'information_kind', 'score_category']),
        ('store', ref('stg_stores'), 'store_id', 'store_id', ['brand_id']),
        ('campaign', ref('stg_campaigns'), 'campaign_id', 'act_campaign_id', ['campaign_id']),
    ]) }}
{%- endmacro %}

{# What masters tell, as one state each. #}
{% macro states_of_masters() -%}
    {% for kind, model, key, _, columns in masters_of_acts() -%}
    select '{{ kind }}' as kind, {{ key }} as master_id, {{ content_state(columns) }} as state from {{ model }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{# The masters that tell something else by now than what is held, or are new or gone. #}
{% macro masters_that_differ(held) -%}
    select
        coalesce(fresh.kind, held.kind) as kind,
        coalesce(fresh.master_id, held.master_id) as master_id
    from ({{ states_of_masters() }}) as fresh
    full join {{ held }} as held on fresh.kind = held.kind and fresh.master_id = held.master_id
    where fresh.state is distinct from held.state
{%- endmacro %}

{# Post-hook: the rows of which masters tell something else by now. What masters told when the table was written stands in `run.masters_held`,
   in the same transaction, so that acts are read only where a master differs. #}
{% macro settle_masters() -%}
    {%- set held = source('run', 'masters_held') -%}
    {%- if is_incremental() %}
    {%- set query = 'select distinct kind from (' ~ masters_that_differ(held) ~ ') as changed' -%}
    {%- set changed = run_query(query).columns[0].values() | list if execute else [] -%}
    {%- set given = ['source', 'product_id', 'content_id', 'store_id', 'act_brand_id', 'act_campaign_id'] -%}
    {%- if changed %}
    create or replace temp table changed_masters as
    {{ masters_that_differ(held) }};
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
            where false
                {%- for kind, _, _, column, _ in masters_of_acts() if kind in changed %}
                or {{ column }} in (select changed.master_id from changed_masters as changed where changed.kind = '{{ kind }}')
                {%- endfor %}
        ) as acts
        {{ join_masters() }}
    ) as fresh
    where ({% for column, value in columns_of_masters() %}{{ 'or ' if not loop.first }}fresh.stored_{{ column }} is distinct from fresh.{{ column }} {% endfor %})
        {% for column in given -%}
        and held.{{ column }} is not distinct from fresh.{{ column }}
        {% endfor -%}
        {% for column, value in columns_of_masters() -%}
        and held.{{ column }} is not distinct from fresh.stored_{{ column }}
        {% endfor %};
    drop table changed_masters;
    {%- endif %}
    {%- endif %}
    delete from {{ held }};
    insert into {{ held }} {{ states_of_masters() }}
{%- endmacro %}
